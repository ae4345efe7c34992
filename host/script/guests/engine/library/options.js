// Options that functions of the library take. What is no option is refused: it would silently have no effect. So is a value of
// another type, such as NaN, which JSON writes as null, and that is an option which is not given.

import { lostOf } from "lockgate:exact";
import { inspect } from "lockgate:inspect";

const { hasOwn, keys } = Object;

/** The members of an object of options. `what` begins the message of an error. */
export function given(options, what) {
  if (options === undefined || options === null) return {};
  const lost = typeof options === "object" ? lostOf(options) : inspect(options, 1);
  if (lost !== undefined || Array.isArray(options)) throw new TypeError(`${what} are an object, found ${lost ?? "a list"}`);
  return options;
}

/** The options that are given, each of its type in `types`: a word of `typeof`, of which a number is finite, or `array`. */
export function checked(options, types, what = "the options") {
  const all = given(options, what);
  const own = {};
  for (const key of keys(all)) {
    if (!hasOwn(types, key)) throw new TypeError(`the option \`${key}\` is not known: expected ${keys(types).join(", ")}`);
    const value = all[key];
    if (value === undefined) continue;
    const type = types[key];
    const fits = type === "array" ? Array.isArray(value) : typeof value === type && (type !== "number" || Number.isFinite(value));
    if (!fits) throw new TypeError(`the option \`${key}\` is ${type === "array" ? "an" : "a"} ${type}, found ${inspect(value, 1)}`);
    own[key] = value;
  }
  return own;
}

/** Options with the names that the host has for them, as JSON; undefined where none is given. */
export function renamed(options, names) {
  const written = Object.entries(options).map(([key, value]) => [names[key], value]);
  return written.length === 0 ? undefined : JSON.stringify(Object.fromEntries(written));
}
