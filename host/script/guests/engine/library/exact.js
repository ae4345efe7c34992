// Values as JSON that says all of them. `JSON.stringify` writes what it can't hold as `{}`, as `null`, or not at all: what a
// script gives would silently be something else.

import { digits } from "lockgate:json";

const { isPlain } = globalThis.__lockgate;
const { stringify: stringifyStandard } = JSON;
const { isFinite } = Number;
const { isArray, prototype: list } = Array;
const { getPrototypeOf, keys, prototype: plain } = Object;
const { toString } = plain;
const { apply } = Reflect;

/** What is written in place of it. */
const INSTEAD = {
  Promise: "await it",
  Map: "`Object.fromEntries(map)` is an object, `[...map]` a list",
  Set: "`[...set]` is a list",
  Response: "`await response.json()` gives its body",
  Request: "`await request.text()` gives its body",
  Headers: "`Object.fromEntries(headers)` is an object",
  FormData: "`Object.fromEntries(form)` is an object",
  Blob: "`await blob.bytes()` gives its bytes",
  File: "`await file.bytes()` gives its bytes",
  Error: "`error.message` is a text",
  ArrayBuffer: "`[...new Uint8Array(buffer)]` is a list of numbers, `btoa` makes base64",
};
const OF_BYTES = "`[...bytes]` is a list of numbers, `btoa` makes base64";

/** What it is called if JSON would have nothing of it, or not all; undefined if JSON holds it. */
function unheld(value) {
  const prototype = getPrototypeOf(value);
  if (prototype === plain || prototype === null || isArray(value)) return undefined;
  // Of the language's own and of the library's, as `[object Map]`.
  const tag = apply(toString, value, []).slice("[object ".length, -1);
  if (ArrayBuffer.isView(value) || tag === "Error" || value instanceof Error) return tag;
  // An awaited statement gives its rows.
  if (typeof value.then === "function") return tag === "Object" ? "Promise" : tag;
  if (keys(value).length > 0 || tag === "Number" || tag === "String" || tag === "Boolean") return undefined;
  if (tag !== "Object") return tag;
  const isIterable = typeof value[Symbol.iterator] === "function" || typeof value[Symbol.asyncIterator] === "function";
  return isIterable ? (value.constructor?.name ?? "Iterator") : undefined;
}

function refused(what, key, kind, instead) {
  const place = key === "" ? "it" : `\`${key}\``;
  return new TypeError(`${what} is not what JSON can hold: ${place} is ${kind}${instead === undefined ? "" : `: ${instead}`}`);
}

const article = (word) => `${/^[AEIO]/.test(word) ? "an" : "a"} ${word}`;

/**
 * Writes a value as JSON, all digits of its bigints too. Throws where it would not say all of the value; `what` names that.
 * `undefined` has no JSON, is left out of objects, and is null in lists. `form` may change each value before.
 */
export function exact(value, what, form = undefined) {
  // What is there of a prototype is code of the script.
  if (form === undefined && !("toJSON" in list) && isPlain(value, plain, list)) return stringifyStandard(value);
  return stringifyStandard(value, function (key, written) {
    const item = form === undefined ? written : form(written);
    switch (typeof item) {
      case "object":
        break;
      case "number":
        if (!isFinite(item)) throw refused(what, key, `${item}`);
        return item;
      case "bigint":
        return digits(item);
      case "function":
        throw refused(what, key, "a function", "call it");
      case "symbol":
        throw refused(what, key, "a symbol");
      default:
        return item;
    }
    if (item === null) {
      // An invalid date writes itself as null.
      if (this[key] instanceof Date) throw refused(what, key, "an invalid date");
      return item;
    }
    const kind = unheld(item);
    if (kind === undefined) return item;
    throw refused(what, key, article(kind), ArrayBuffer.isView(item) ? OF_BYTES : INSTEAD[kind]);
  });
}
