// Members of a definition as fields of a form have them. An empty field is a member that is left out.
import { isObject, isRawNumber, numberOf, type Json, type JsonObject } from '../../api/json';

export function text(object: JsonObject, key: string): string {
  const value = object[key];
  if (typeof value === 'string') return value;
  return typeof value === 'number' || isRawNumber(value) ? JSON.stringify(value) : '';
}

export function put(object: JsonObject, key: string, value: Json | undefined): void {
  if (value === undefined) delete object[key];
  else object[key] = value;
}

export function putText(object: JsonObject, key: string, value: string): void {
  put(object, key, value === '' ? undefined : value);
}

/** A whole or decimal number, as it is written; what is none stays a text, which the host refuses with its place. */
export function putNumber(object: JsonObject, key: string, value: string): void {
  const trimmed = value.trim();
  if (trimmed === '') put(object, key, undefined);
  else put(object, key, /^-?(0|[1-9]\d*)(\.\d+)?$/.test(trimmed) ? numberOf(trimmed) : trimmed);
}

/** A switch that is off when it is left out. */
export function putFlag(object: JsonObject, key: string, value: boolean): void {
  put(object, key, value ? true : undefined);
}

export function flag(object: JsonObject, key: string): boolean {
  return object[key] === true;
}

export function object(parent: JsonObject, key: string): JsonObject {
  const value = parent[key];
  return isObject(value) ? value : {};
}

export function list(parent: JsonObject, key: string): Json[] {
  const value = parent[key];
  return Array.isArray(value) ? value : [];
}

/** Texts that stand with commas or blanks between them in one field. */
export function words(parent: JsonObject, key: string): string {
  return list(parent, key).filter((item) => typeof item === 'string').join(', ');
}

export function putWords(parent: JsonObject, key: string, value: string, separator: RegExp): void {
  const items = value.split(separator).map((item) => item.trim()).filter((item) => item !== '');
  put(parent, key, items.length === 0 ? undefined : items);
}

/** The same object with another name for a member, at the same place. A name that is taken changes nothing. */
export function renamed(object: JsonObject, from: string, to: string): JsonObject {
  if (to === '' || Object.hasOwn(object, to)) return object;
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key === from ? to : key, value]));
}

/** A name that an object does not have yet. */
export function fresh(object: JsonObject, wanted: string): string {
  if (!Object.hasOwn(object, wanted)) return wanted;
  for (let number = 2; ; number += 1) {
    if (!Object.hasOwn(object, `${wanted}_${number}`)) return `${wanted}_${number}`;
  }
}

/** The members that a form has no field for. */
export function further(object: JsonObject, known: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !known.includes(key)));
}

/** Puts other members in place of those that a form has no field for. */
export function putFurther(object: JsonObject, known: readonly string[], value: JsonObject): void {
  for (const key of Object.keys(object)) {
    if (!known.includes(key) && !Object.hasOwn(value, key)) delete object[key];
  }
  for (const [key, member] of Object.entries(value)) {
    if (!known.includes(key)) object[key] = member;
  }
}
