// JSON with whole numbers of any size. `JSON.parse` makes doubles of all numbers, so an id beyond 2^53 would silently become
// another one: here it becomes a bigint, and a bigint is written with its digits.

const { longIntegers } = globalThis.__lockgate;
const { parse: parseStandard, stringify: stringifyStandard, rawJSON } = JSON;
const { isFinite, isSafeInteger } = Number;
const { apply } = Reflect;
/** What `longIntegers` counts. */
const LONG = /^-?[0-9]{16,}$/;

/** Reads JSON. Throws a RangeError for a number that is larger than any double. */
export function parse(text, reviver) {
  if (reviver !== undefined && reviver !== null) {
    throw new TypeError("json.parse: expected a text alone: change what it gives");
  }
  const whole = `${text}`;
  let left = longIntegers(whole);
  if (left === 0) return parseStandard(whole);
  const value = parseStandard(whole, (_, item, { source }) => {
    if (typeof item !== "number" || !LONG.test(source)) return item;
    left -= 1;
    return isSafeInteger(item) ? item : BigInt(source);
  });
  // Of two values of one key the parser keeps the last, but the digits of the first.
  if (left !== 0) throw new SyntaxError("a key is there twice, with a number that may be larger than 2^53");
  return value;
}

/** What a bigint is written as. */
export function digits(value) {
  if (typeof value !== "bigint") return value;
  if (!isFinite(Number(value))) throw new RangeError("a bigint is larger than any number that JSON is read with");
  return rawJSON(`${value}`);
}

/** Writes JSON. `undefined` if the value has none, as `JSON.stringify`. */
export function stringify(value, replacer, space) {
  if (typeof replacer === "function") {
    const own = function (key, item) {
      return digits(apply(replacer, this, [key, item]));
    };
    return stringifyStandard(value, own, space);
  }
  if (replacer !== undefined && replacer !== null) {
    throw new TypeError("json.stringify: expected a function or nothing as its second parameter");
  }
  try {
    return stringifyStandard(value, undefined, space);
  } catch (error) {
    // A function for each value would make every output slower, and few have a bigint.
    if (!isAboutBigInt(error)) throw error;
    return stringifyStandard(value, (_, item) => digits(item), space);
  }
}

const isAboutBigInt = (error) => error instanceof TypeError && `${error.message}`.startsWith("BigInt ");

/** What scripts import. */
export const json = Object.freeze({ parse, stringify });
