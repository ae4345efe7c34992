// The values of JMESPath. A whole number beyond 2^53 - 1 is a bigint, and a number like every other.

import { lostOf } from "lockgate:exact";
import { failed } from "lockgate:jmespath/errors";
import { parse } from "lockgate:json";

const { isSafeInteger } = Number;

/** `&expression`, which a function applies to items. */
export class Expression {
  constructor(apply) {
    this.apply = apply;
  }
}

/** Whether a value is an object of JSON. One of which JSON has nothing, such as a promise, would be an empty one. */
export function isObject(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const lost = typeof value.toJSON === "function" ? undefined : lostOf(value);
  if (lost !== undefined) throw new TypeError(`jmespath: the data has ${lost}`);
  return true;
}

/** The type of a value, by the words of the specification. */
export function typeOf(value) {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "bigint") return "number";
  if (value instanceof Expression) return "expression";
  return isObject(value) ? "object" : typeof value;
}

export function equal(one, other) {
  if (one === other) return true;
  const type = typeOf(one);
  if (type !== typeOf(other)) return false;
  // A double and a bigint may be the same number.
  if (type === "number") return order(one, other) === 0;
  if (type === "array") return one.length === other.length && one.every((item, index) => equal(item, other[index]));
  if (type !== "object") return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => Object.hasOwn(other, key) && equal(one[key], other[key]));
}

/** Texts by their code points, numbers by their value. */
export function order(one, other) {
  if (typeOf(one) === "number") return one < other ? -1 : Number(one > other);
  const [left, right] = [[...one], [...other]];
  for (let at = 0; at < left.length && at < right.length; at++) {
    const difference = left[at].codePointAt(0) - right[at].codePointAt(0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** A whole number as JSON gives it: as a bigint only where a double may have other digits. */
const whole = (value) => (isSafeInteger(Number(value)) ? Number(value) : value);

/** Whole numbers are added with all digits; with another one among them, the sum is a double. */
export function sum(all) {
  let total = 0;
  let isSafe = true;
  for (const one of all) {
    total += Number(one);
    isSafe &&= isSafeInteger(total);
  }
  if (isSafe || !all.every((one) => typeof one === "bigint" || isSafeInteger(one))) return total;
  return whole(all.reduce((exact, one) => exact + BigInt(one), 0n));
}

export function average(all) {
  if (all.length === 0) return null;
  const total = sum(all);
  if (typeof total !== "bigint") return total / all.length;
  const count = BigInt(all.length);
  return total % count === 0n ? whole(total / count) : Number(total) / all.length;
}

const NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;

/** The number that a text says, or null. */
export function numberOf(value) {
  if (typeOf(value) === "number") return value;
  if (typeof value !== "string" || !NUMBER.test(value)) return null;
  try {
    return parse(value);
  } catch {
    throw failed("invalid-value", "`to_number`: the number is larger than any that can be read");
  }
}
