// JSON whose numbers keep their spelling: `1.10` and `12345678901234567890` come back as they were. Browsers without
// `JSON.rawJSON` read numbers as usual.

export type Json = null | boolean | number | string | RawNumber | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** A number that JavaScript would write otherwise. */
export interface RawNumber {
  readonly rawJSON: string;
}

type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown;

interface RawJson {
  rawJSON?: (text: string) => RawNumber;
  isRawJSON?: (value: unknown) => boolean;
  parse(text: string, reviver?: Reviver): unknown;
}

const json = JSON as unknown as RawJson;

export function isRawNumber(value: unknown): value is RawNumber {
  return json.isRawJSON?.(value) ?? false;
}

/** A number as it is written, raw where JavaScript would write it otherwise. */
export function numberOf(source: string): number | RawNumber {
  const value = Number(source);
  if (String(value) === source || json.rawJSON === undefined) return value;
  return json.rawJSON(source);
}

export function parseJson(text: string): Json {
  return json.parse(text, (_key, value, context) =>
    typeof value === 'number' && context?.source !== undefined ? numberOf(context.source) : value,
  ) as Json;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value);
}

/** Whether two values say the same; the order of an object's members does not count. */
export function same(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  if (isRawNumber(a) || isRawNumber(b)) return JSON.stringify(a) === JSON.stringify(b);
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => same(item, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}

/** A deep copy, without what it shares with reactive state. */
export function copy<T extends Json>(value: T): T {
  if (isRawNumber(value)) return value;
  if (Array.isArray(value)) return value.map((item) => copy(item)) as T;
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, copy(member)])) as T;
}
