// What the engine calls: a script's function with its input, and the words for what it threw.

import { context, Failure, settings } from "lockgate";
import { changed, declared } from "lockgate:declared";
import { bytesOf } from "lockgate:encoding";
import { exact } from "lockgate:exact";
import { inspect } from "lockgate:inspect";
import { parse, stringify } from "lockgate:json";

export { parse };

/** What `ctx` is. */
const ctx = Object.freeze(Object.create(context, { settings: { value: settings, enumerable: true } }));

/** Runs one exported function. The input is JSON text, and so is what comes of it. */
export async function run(namespace, name, text) {
  const own = namespace[name];
  if (typeof own !== "function") {
    const expected = name === "default" ? "export default async function (input, ctx)" : `export function ${name}`;
    throw new TypeError(`the script does not export \`${name}\` as a function: expected \`${expected}\``);
  }
  const input = parse(text);
  let output;
  switch (name) {
    case "request": {
      const request = declared(input.request);
      output = changed((await own(input.input, request, ctx)) ?? request);
      break;
    }
    case "response":
      output = await own(input.answer, input.input, ctx);
      break;
    default:
      output = await own(input, ctx);
  }
  return exact(output, "the output") ?? "null";
}

/** An object that is a parameter of a statement: the bytes of a buffer or of a view of one, and JSON text of all else. */
export function parameter(value) {
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return bytesOf(value, "parameter").slice();
  return exact(value, "a parameter");
}

/** `[true, code, message, retryable, retryAfterMs, details]` of a failure, `[false, text, stack]` of anything else. */
export function explain(value) {
  if (value instanceof Failure) {
    const details = value.details === undefined ? undefined : detailsOf(value.details);
    return [true, `${value.code}`, `${value.message}`, Boolean(value.retryable), wait(value.retryAfterMs), details];
  }
  if (value instanceof Error) {
    const stack = typeof value.stack === "string" ? value.stack : undefined;
    return [false, `${value.name}: ${value.message}${hint(value)}`, stack];
  }
  return [false, `${inspect(value, 1)} was thrown, which is no error: throw an Error or a Failure`, undefined];
}

/** Details as JSON; as a text of it where JSON holds not all of them, since the failure itself is what the caller must know. */
function detailsOf(details) {
  try {
    return exact(details, "the details");
  } catch {
    return stringify(inspect(details, 1));
  }
}

const wait = (value) => (Number.isFinite(value) && value >= 0 ? value : undefined);

/** What scripts know from elsewhere, and what there is in its place. */
const ELSEWHERE = {
  require: 'there is no `require`: write `import … from "…"`',
  process: 'there is no process: settings are in `import { settings } from "lockgate"`',
  Buffer: "there is no Buffer: use Uint8Array with TextEncoder, TextDecoder, atob and btoa",
  Intl: "there are no rules of locales and time zones: format numbers with `toFixed`, dates with `toISOString` or `getUTCDate`",
  Temporal: "use `Date`",
  XMLHttpRequest: "use `fetch`",
  WebSocket: "there are no sockets: use `fetch`",
  EventSource: "use `fetch`",
  setImmediate: "use `queueMicrotask` or `setTimeout`",
  ReadableStream: "there are no streams: bodies are whole, `await response.bytes()`",
  localStorage: "nothing is kept between calls",
  window: "use `globalThis`",
  global: "use `globalThis`",
  document: "there is no document in a connector",
  eval: "code is never made of text",
  Function: "code is never made of text",
  Deno: "use the APIs of the web platform",
  Bun: "use the APIs of the web platform",
  $input: "the input is the first parameter of the exported function",
  __dirname: "there are no files",
};

function hint(error) {
  if (error instanceof ReferenceError) {
    const name = /^'?([\w$]+)'? is not defined/.exec(error.message)?.[1];
    return name !== undefined && Object.hasOwn(ELSEWHERE, name) ? ` (${ELSEWHERE[name]})` : "";
  }
  if (error instanceof TypeError && /BigInt/.test(error.message) && /JSON|serialize/.test(error.message)) {
    return ' (`json.stringify` of `import { json } from "lockgate"` writes it, with its digits)';
  }
  return "";
}
