// Chooses the tests that are kept of test262: `node test262.mjs FOLDER OUT`, where FOLDER is `js/src/tests/test262` of the
// source of mozjs128 (Debian's source package), and OUT is `tests/fixtures/scripts/test262`. A line of JSON for each test.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

const [root, out] = process.argv.slice(2);

/** Folders, and of how many of their tests one is kept. */
const FOLDERS = {
  "language/expressions/optional-chaining": 1, "language/expressions/coalesce": 1, "language/expressions/logical-assignment": 2,
  "language/expressions/exponentiation": 2, "language/expressions/tagged-template": 1, "language/expressions/template-literal": 2,
  "language/expressions/async-arrow-function": 2, "language/expressions/async-function": 2, "language/expressions/async-generator": 24,
  "language/expressions/await": 1, "language/expressions/arrow-function": 12, "language/expressions/object": 24,
  "language/expressions/class": 60, "language/expressions/generators": 12, "language/expressions/array": 2, "language/expressions/assignment": 16,
  "language/expressions/call": 4, "language/expressions/new.target": 1, "language/expressions/super": 4, "language/expressions/yield": 4,
  "language/expressions/import.meta": 1, "language/expressions/function": 12,
  "language/statements/for-of": 30, "language/statements/for-await-of": 40, "language/statements/class": 80,
  "language/statements/async-function": 4, "language/statements/async-generator": 16, "language/statements/generators": 12,
  "language/statements/const": 6, "language/statements/let": 6, "language/statements/try": 10, "language/statements/function": 20,
  "language/statements/switch": 6, "language/statements/for": 20, "language/statements/for-in": 6,
  "language/module-code": 8, "language/literals": 12, "language/destructuring": 1, "language/rest-parameters": 1,
  "language/computed-property-names": 2, "language/block-scope": 6, "language/identifiers": 16, "language/reserved-words": 2,
  "language/white-space": 6, "language/asi": 8, "language/statementList": 8, "language/types": 8,
  "built-ins/Array": 30, "built-ins/Array/prototype/toSorted": 1, "built-ins/Array/prototype/with": 1, "built-ins/Array/prototype/findLast": 1,
  "built-ins/Array/prototype/toSpliced": 2, "built-ins/Array/prototype/toReversed": 1, "built-ins/Array/prototype/at": 1,
  "built-ins/Promise": 8, "built-ins/Map": 6, "built-ins/Set": 10, "built-ins/WeakMap": 8, "built-ins/WeakSet": 8, "built-ins/WeakRef": 3,
  "built-ins/Symbol": 6, "built-ins/String": 16, "built-ins/Object": 60, "built-ins/JSON": 4, "built-ins/Proxy": 8, "built-ins/Reflect": 6,
  "built-ins/RegExp": 16, "built-ins/Number": 10, "built-ins/BigInt": 4, "built-ins/Math": 12, "built-ins/Date": 20, "built-ins/Error": 2,
  "built-ins/NativeErrors": 4, "built-ins/GeneratorPrototype": 4, "built-ins/AsyncGeneratorPrototype": 3,
  "built-ins/ArrayBuffer": 8, "built-ins/DataView": 20, "built-ins/TypedArray": 40, "built-ins/TypedArrayConstructors": 40,
  "built-ins/decodeURIComponent": 3, "built-ins/encodeURIComponent": 2, "built-ins/parseFloat": 3, "built-ins/parseInt": 3,
};
/** Flags of tests that no module passes, and of those for hosts of another kind. */
const FLAGS = ["noStrict", "raw", "CanBlockIsFalse", "CanBlockIsTrue", "non-deterministic"];
/** What came after ES2023, or is of its annex for browsers, or is left out on purpose. */
const FEATURES = [
  "Temporal", "decorators", "iterator-helpers", "set-methods", "Array.fromAsync", "resizable-arraybuffer", "arraybuffer-transfer",
  "ShadowRealm", "json-parse-with-source", "regexp-modifiers", "regexp-duplicate-named-groups", "regexp-v-flag", "promise-with-resolvers",
  "promise-try", "array-grouping", "import-attributes", "import-assertions", "json-modules", "explicit-resource-management", "cross-realm",
  "tail-call-optimization", "legacy-regexp", "caller", "__proto__", "__getter__", "__setter__", "Atomics", "Atomics.waitAsync",
  "SharedArrayBuffer", "dynamic-import", "symbols-as-weakmap-keys", "uint8array-base64", "Float16Array", "RegExp.escape", "Error.isError",
  "source-phase-imports", "IsHTMLDDA", "FinalizationRegistry", "host-gc-required", "Intl", "String.prototype.toWellFormed",
  "String.prototype.isWellFormed", "string-is-well-formed", "change-array-by-copy-typed",
];
/** Code made of text, other realms, other files, and what helpers of single folders define. */
const TEXTS = /\beval\b|\bFunction\s*\(|\bnew Function\b|\$262|\bimport\b[^;]*['"]|\bimport\s*\(|\bfrom\s*['"]|\b(?:GeneratorFunction|AsyncFunction|AsyncGeneratorFunction)\s*\(|\bexport default\b|\bfnGlobalObject\b|\basyncTest\b|throwsAsync|\bassertRelativeDateMs\b|\btestWith|\bisConstructor\b|\ballowProxyTraps\b|\bmatchValidator\b|\bbuildString\b|\btestPropertyEscapes\b|\bdate_\w+|\bdecimalTo\w+|\bNaNs\b|\bcheckSequence\b|\bcheckSettled\w+|deepEqual|assertNativeFunction|assertToStringOrNativeFunction|\bverifyIterator\b|compareIterator|\bcreateIterableObject\b|\bctors\b|\bTypedArray\b|\bWellKnownIntrinsicObjects\b|getWellKnown|\bnonClonable\b|\btcoHelper\b|\$MAX_ITERATIONS|\bbyteConversionValues\b|\b__consolePrintHandle__\b|\bformatIdentityFreeValue\b|\bsearchValue\b|\bprint\(|\bisPrimitive\b|\bfloat16\b|Uint8ClampedArray|\bTemporalHelpers\b/;
/** What is of scripts alone and says so nowhere: `this` is the global object, `await` is a name, functions come twice. */
const NO_MODULES = [
  "built-ins/ArrayBuffer/prop-desc.js",
  "built-ins/DataView/prototype/setUint8/detached-buffer-after-number-value.js",
  "built-ins/Error/prop-desc.js",
  "built-ins/JSON/prop-desc.js",
  "built-ins/Map/map.js",
  "built-ins/NativeErrors/ReferenceError/prop-desc.js",
  "built-ins/Object/getOwnPropertyDescriptor/15.2.3.3-4-180.js",
  "built-ins/Reflect/prop-desc.js",
  "built-ins/TypedArray/from/from-array-mapper-detaches-result.js",
  "built-ins/WeakSet/weakset.js",
  "built-ins/encodeURIComponent/prop-desc.js",
  "built-ins/parseInt/S15.1.2.2_A9.5.js",
  "built-ins/parseInt/prop-desc.js",
  "language/destructuring/binding/syntax/recursive-array-and-object-patterns.js",
  "language/expressions/await/await-BindingIdentifier-in-global.js",
  "language/expressions/await/await-in-function.js",
  "language/expressions/await/await-in-generator.js",
  "language/expressions/await/await-in-global.js",
  "language/expressions/await/await-in-nested-function.js",
  "language/expressions/await/await-in-nested-generator.js",
  "language/expressions/import.meta/syntax/goal-script.js",
  "language/statements/const/static-init-await-binding-valid.js",
  "language/types/reference/S8.7.1_A1.js",
];

/** Longer ones are lists of characters, for the most part. */
const LENGTH_MAX = 5000;
/** What scripts have not. */
const WITHOUT = /\bFunction\b|\$DETACHBUFFER/;
/** The same as of `NO_MODULES`, of tests that are counted. */
const NO_MODULE_EITHER = ["built-ins/Error/prototype/toString/called-as-function.js", "built-ins/NativeErrors/SyntaxError/prop-desc.js"];

function* tests(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* tests(path);
    else if (entry.name.endsWith(".js") && !["shell.js", "browser.js"].includes(entry.name) && !entry.name.includes("_FIXTURE")) yield path;
  }
}
const listed = (front, name) => {
  const inline = new RegExp(`^${name}: *\\[([^\\]]*)\\]`, "m").exec(front)?.[1];
  if (inline !== undefined) return inline.split(",").map((one) => one.trim());
  const block = new RegExp(`^${name}:\\n((?: *- .*\\n)*)`, "m").exec(front)?.[1] ?? "";
  return block.split("\n").map((line) => line.replace(/^ *- /, "")).filter(Boolean);
};

const kept = new Map();
for (const [folder, every] of Object.entries(FOLDERS)) {
  let at = 0;
  for (const path of tests(join(root, folder))) {
    const source = readFileSync(path, "utf8");
    if (source.length > LENGTH_MAX || NO_MODULES.includes(relative(root, path))) continue;
    const front = /\/\*---\n([^]*?)---\*\//.exec(source)?.[1] ?? "";
    const code = source.replace(/\/\*---[^]*?---\*\//, "");
    const flags = listed(front, "flags");
    if (flags.some((flag) => FLAGS.includes(flag)) || listed(front, "features").some((one) => FEATURES.includes(one))) continue;
    if (TEXTS.test(code.replace(/^\s*\/\/.*$/gm, ""))) continue;
    const negative = /^negative:\n(?: +.*\n)*? +type: *(\w+)/m.exec(front)?.[1];
    const phase = /^negative:\n(?: +.*\n)*? +phase: *(\w+)/m.exec(front)?.[1];
    if (at++ % every !== 0 || WITHOUT.test(code) || NO_MODULE_EITHER.includes(relative(root, path))) continue;
    const file = relative(root, path);
    kept.set(file, JSON.stringify({ file, negative: negative === undefined ? undefined : { phase, type: negative }, async: flags.includes("async") || undefined, source }));
  }
}
mkdirSync(out, { recursive: true });
const lines = [...kept.keys()].sort().map((file) => kept.get(file));
writeFileSync(join(out, "tests.jsonl"), `${lines.join("\n")}\n`);
const [harness] = readFileSync(join(root, "shell.js"), "utf8").split("// file: test262-host.js");
writeFileSync(join(out, "harness.js"), harness);
copyFileSync(join(root, "LICENSE"), join(out, "LICENSE"));
console.log(`${lines.length} tests`);
