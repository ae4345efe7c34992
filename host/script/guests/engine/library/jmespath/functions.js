// The functions of JMESPath, each with the kinds of what it takes.

import { failed } from "lockgate:jmespath/errors";
import { average, equal, Expression, numberOf, order, sum, typeOf } from "lockgate:jmespath/values";
import { stringify } from "lockgate:json";

/** Items with the value that each is sorted by: all numbers, or all texts. */
function keyed(name, items, by) {
  const all = items.map((item) => ({ item, key: by.apply(item) }));
  const type = all.length === 0 ? "number" : typeOf(all[0].key);
  const wrong = all.find(({ key }) => typeOf(key) !== type || (type !== "number" && type !== "string"));
  if (wrong !== undefined) {
    throw failed("invalid-type", `\`${name}\` sorts by numbers or by strings, and the expression gives ${typeOf(wrong.key)}`);
  }
  return all;
}

/** The first of the items than which none comes before, by this order. */
const extreme = (all, before) => all.reduce((best, one) => (before(one, best) ? one : best), all[0]);

/** By name: the types of each argument (`*`: any value), and what is made of them. `…` takes any number more. */
const FUNCTIONS = {
  abs: [["number"], (value) => (value < 0 ? -value : value)],
  avg: [["array-number"], average],
  ceil: [["number"], (value) => (typeof value === "bigint" ? value : Math.ceil(value))],
  contains: [["array|string", "*"], (all, one) => (typeof all === "string" ? typeof one === "string" && all.includes(one) : all.some((own) => equal(own, one)))],
  ends_with: [["string", "string"], (text, end) => text.endsWith(end)],
  floor: [["number"], (value) => (typeof value === "bigint" ? value : Math.floor(value))],
  join: [["string", "array-string"], (glue, all) => all.join(glue)],
  keys: [["object"], (object) => Object.keys(object)],
  length: [["string|array|object"], (value) => (typeof value === "string" ? [...value].length : Object.keys(value).length)],
  map: [["expression", "array"], (each, all) => all.map((item) => each.apply(item))],
  max: [["array-number|array-string"], (all) => extreme(all, (one, best) => order(one, best) > 0) ?? null],
  max_by: [["array", "expression"], (all, by) => extreme(keyed("max_by", all, by), (one, best) => order(one.key, best.key) > 0)?.item ?? null],
  merge: [["object", "object…"], (...all) => Object.fromEntries(all.flatMap((object) => Object.entries(object)))],
  min: [["array-number|array-string"], (all) => extreme(all, (one, best) => order(one, best) < 0) ?? null],
  min_by: [["array", "expression"], (all, by) => extreme(keyed("min_by", all, by), (one, best) => order(one.key, best.key) < 0)?.item ?? null],
  not_null: [["*", "*…"], (...all) => all.find((value) => value !== null) ?? null],
  reverse: [["string|array"], (value) => (typeof value === "string" ? [...value].reverse().join("") : [...value].reverse())],
  sort: [["array-number|array-string"], (all) => [...all].sort(order)],
  sort_by: [["array", "expression"], (all, by) => keyed("sort_by", all, by).sort((one, other) => order(one.key, other.key)).map(({ item }) => item)],
  starts_with: [["string", "string"], (text, start) => text.startsWith(start)],
  sum: [["array-number"], sum],
  to_array: [["*"], (value) => (Array.isArray(value) ? value : [value])],
  to_number: [["*"], numberOf],
  to_string: [["*"], (value) => (typeof value === "string" ? value : stringify(value))],
  type: [["*"], typeOf],
  values: [["object"], (object) => Object.values(object)],
};

/** Whether a value is of one of the types, which `|` separates. */
function is(value, types) {
  if (types === "*") return !(value instanceof Expression);
  return types.split("|").some((type) => {
    const item = type.startsWith("array-") ? type.slice("array-".length) : undefined;
    return item === undefined ? typeOf(value) === type : Array.isArray(value) && value.every((one) => typeOf(one) === item);
  });
}

/** Calls a function by its name. */
export function call(name, given) {
  if (!Object.hasOwn(FUNCTIONS, name)) {
    throw failed("unknown-function", `there is no function \`${name}\`: expected ${Object.keys(FUNCTIONS).join(", ")}`);
  }
  const [types, work] = FUNCTIONS[name];
  const more = types.at(-1).endsWith("…");
  const least = more ? types.length - 1 : types.length;
  if (given.length < least || (!more && given.length > least)) {
    throw failed("invalid-arity", `\`${name}\` takes ${more ? "at least " : ""}${least}, and is given ${given.length}`);
  }
  given.forEach((value, index) => {
    const wanted = (types[index] ?? types.at(-1)).replace("…", "");
    if (!is(value, wanted)) {
      throw failed("invalid-type", `\`${name}\` takes ${wanted.replaceAll("array-", "array of ").replaceAll("|", " or ")} as its argument ${index + 1}, and is given ${typeOf(value)}`);
    }
  });
  return work(...given);
}
