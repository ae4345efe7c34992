// Writes what TypeScript's compiler says of types: a line of JSON for each case of types.json, with the values of JSON that
// may be given for the type.
import { readFileSync, writeFileSync } from "node:fs";
import ts from "typescript";

const [cases, out] = process.argv.slice(2);
const { values, cases: all } = JSON.parse(readFileSync(cases, "utf8"));

/** The type of a value itself. */
function typeOf(value) {
  if (Array.isArray(value)) return `[${value.map(typeOf).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{ ${Object.entries(value).map(([name, own]) => `${JSON.stringify(name)}: ${typeOf(own)}`).join("; ")} }`;
}

const own = all.map((one) => [...values, ...(one.values ?? [])]);
const sources = new Map(
  all.map(({ declared = "", type }, index) => [
    `/${index}.ts`,
    `${declared}\nexport type Expected = ${type};\n${own[index].map((value, place) => `export type Value${place} = ${typeOf(value)};`).join("\n")}\n`,
  ]),
);
const options = { strict: true, noEmit: true, target: ts.ScriptTarget.ES2023, lib: ["lib.es2023.d.ts"], types: [], noImplicitAny: false };
const host = ts.createCompilerHost(options);
const { getSourceFile, fileExists, readFile } = host;
host.getSourceFile = (name, target) =>
  sources.has(name) ? ts.createSourceFile(name, sources.get(name), target) : getSourceFile.call(host, name, target);
host.fileExists = (name) => sources.has(name) || fileExists.call(host, name);
host.readFile = (name) => sources.get(name) ?? readFile.call(host, name);
const program = ts.createProgram([...sources.keys()], options, host);
const checker = program.getTypeChecker();

const lines = all.map((one, index) => {
  const file = program.getSourceFile(`/${index}.ts`);
  const wrong = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  if (wrong.length > 0) throw new Error(`${one.type}: ${ts.flattenDiagnosticMessageText(wrong[0].messageText, " ")}`);
  const types = new Map();
  ts.forEachChild(file, (node) => {
    if (ts.isTypeAliasDeclaration(node)) types.set(node.name.text, checker.getTypeAtLocation(node.name));
  });
  const expected = types.get("Expected");
  const accepted = own[index].map((_, place) => checker.isTypeAssignableTo(types.get(`Value${place}`), expected));
  return JSON.stringify({ ...one, values: own[index], accepted });
});
writeFileSync(out, `${lines.join("\n")}\n`);
