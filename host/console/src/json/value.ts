// JSON as it was written: the members of an object keep their order, and a number keeps its spelling. A JavaScript object
// would sort the member `10` before `b`, and a JavaScript number would make `1.10` of `1.1` and round what is long.

/** A number, spelled as in the text that it came from. */
export class Num {
  constructor(readonly text: string) {}
}

export type JsonObject = ReadonlyMap<string, Json>;
export type Json = null | boolean | string | Num | readonly Json[] | JsonObject;

/** The way to a place in a value: names of members and indexes of items. */
export type Path = readonly (string | number)[];

/** What JSON takes for a number (RFC 8259, section 6). */
const NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;

export function isNumber(text: string): boolean {
  return NUMBER.test(text);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return value instanceof Map;
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** The member of an object; nothing of anything else. */
export function member(value: Json | undefined, name: string): Json | undefined {
  return isObject(value) ? value.get(name) : undefined;
}

/** A member that is a text. */
export function textOf(value: Json | undefined, name: string): string | undefined {
  const found = member(value, name);
  return typeof found === 'string' ? found : undefined;
}

/** The same value, with the same spelling of numbers; the order of members does not count. */
export function equal(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true;
  if (one instanceof Num && other instanceof Num) return one.text === other.text;
  if (isArray(one) && isArray(other)) {
    return one.length === other.length && one.every((item, index) => equal(item, other[index]));
  }
  if (isObject(one) && isObject(other)) {
    if (one.size !== other.size) return false;
    for (const [name, value] of one) if (!other.has(name) || !equal(value, other.get(name))) return false;
    return true;
  }
  return false;
}

/** The same text once printed: the order of members counts too. */
export function identical(one: Json, other: Json): boolean {
  if (isObject(one) && isObject(other)) {
    if (one.size !== other.size) return false;
    const names = other.keys();
    for (const [name, value] of one) {
      if (names.next().value !== name || !identical(value, other.get(name) as Json)) return false;
    }
    return true;
  }
  if (isArray(one) && isArray(other)) {
    return one.length === other.length && one.every((item, index) => identical(item, other[index] as Json));
  }
  return equal(one, other);
}
