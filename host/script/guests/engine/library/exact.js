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
  ArrayBuffer: "`[...new Uint8Array(buffer)]` is a list of numbers",
};
const OF_BYTES = "`[...bytes]` is a list of numbers, `btoa(String.fromCharCode(...bytes))` base64";

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

function refused(what, key, kind) {
  const place = key === "" ? "it" : `\`${key}\``;
  return new TypeError(`${what} is not what JSON can hold: ${place} is ${kind}`);
}

/** Of an object of which JSON would have nothing, or not all: what it is, and what to write in its place. Else undefined. */
export function lostOf(value) {
  const kind = unheld(value);
  if (kind === undefined) return undefined;
  const instead = ArrayBuffer.isView(value) ? OF_BYTES : INSTEAD[kind];
  return `${/^[AEIO]/.test(kind) ? "an" : "a"} ${kind}${instead === undefined ? "" : `: ${instead}`}`;
}

/**
 * A value as one of JSON, of whatever writes texts of its own: what says itself how it is written, such as a date, as that,
 * and a text, a number or a boolean for an object of one. `wrong(what)` makes the error for what JSON can't hold at all.
 */
export function heldOf(given, wrong) {
  const said = typeof given?.toJSON === "function" ? given.toJSON() : given;
  if (said === null && given instanceof Date) throw wrong("an invalid date");
  const isBoxed = said instanceof Number || said instanceof String || said instanceof Boolean || said instanceof BigInt;
  const value = isBoxed ? said.valueOf() : said;
  if (typeof value === "number" && !isFinite(value)) throw wrong(`${value}: if that is meant, write it as the text "${value}"`);
  if (typeof value !== "object" || value === null) return value;
  const lost = lostOf(value);
  if (lost !== undefined) throw wrong(lost);
  return value;
}

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
        throw refused(what, key, "a function: call it");
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
    if (unheld(item) === undefined) return item;
    throw refused(what, key, lostOf(item));
  });
}
