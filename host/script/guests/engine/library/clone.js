// `structuredClone`. What it can't make a copy of is an error: members of its own are not all that such an object is.

import { Blob, File } from "lockgate:blob";
import { CryptoKey } from "lockgate:crypto";
import { lostOf } from "lockgate:exact";

const refused = (what) => new DOMException(`structuredClone: ${what} can't be cloned`, "DataCloneError");
const BOXES = [Boolean, Number, String, BigInt];
const ERRORS = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

function clone(value, seen) {
  if (typeof value === "function" || typeof value === "symbol") throw refused(`a ${typeof value}`);
  if (typeof value !== "object" || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  const keep = (copy) => {
    seen.set(value, copy);
    return copy;
  };
  if (value instanceof Date) return keep(new Date(value.getTime()));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (BOXES.some((box) => value instanceof box)) return keep(Object(value.valueOf()));
  // None of them can be changed.
  if (value instanceof File) return keep(new File([value], value.name, value));
  if (value instanceof Blob) return keep(new Blob([value], value));
  if (value instanceof CryptoKey) return keep(value);
  if (value instanceof ArrayBuffer) return keep(value.slice(0));
  if (ArrayBuffer.isView(value)) {
    const buffer = clone(value.buffer, seen);
    const length = value instanceof DataView ? value.byteLength : value.length;
    return keep(new value.constructor(buffer, value.byteOffset, length));
  }
  if (value instanceof Map) {
    const copy = keep(new Map());
    for (const [key, item] of value) copy.set(clone(key, seen), clone(item, seen));
    return copy;
  }
  if (value instanceof Set) {
    const copy = keep(new Set());
    for (const item of value) copy.add(clone(item, seen));
    return copy;
  }
  if (value instanceof DOMException) return keep(new DOMException(value.message, value.name));
  if (value instanceof Error) {
    const own = Object.hasOwn(ERRORS, value.name) ? ERRORS[value.name] : Error;
    const copy = keep(new own(value.message));
    copy.stack = value.stack;
    if (Object.hasOwn(value, "cause")) copy.cause = clone(value.cause, seen);
    return copy;
  }
  const lost = value instanceof Symbol ? "a Symbol" : lostOf(value);
  if (lost !== undefined) throw refused(lost.split(":")[0]);
  const copy = keep(Array.isArray(value) ? new Array(value.length) : {});
  for (const key of Object.keys(value)) {
    Object.defineProperty(copy, key, { value: clone(value[key], seen), writable: true, enumerable: true, configurable: true });
  }
  return copy;
}

globalThis.structuredClone = function structuredClone(value, options) {
  if (options?.transfer?.length > 0) throw refused("what is transferred");
  return clone(value, new Map());
};
