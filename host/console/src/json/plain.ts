// Between these values and those of `JSON.parse`, which forms change in place. What is short as a number of JavaScript is
// one there; every other number keeps its spelling in both.
import { isRawNumber, numberOf, type Json as Plain } from '../api/json';
import { type Json, Num, isArray, isObject } from './value';

/** From what `JSON.parse` gives; what JSON has no word for is null, and members without a value are left out. */
export function fromPlain(value: unknown): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? new Num(JSON.stringify(value)) : null;
  if (isRawNumber(value)) return new Num(value.rawJSON);
  if (Array.isArray(value)) return value.map(fromPlain);
  if (typeof value === 'object') {
    return new Map(Object.entries(value).filter(([, one]) => one !== undefined).map(([name, one]) => [name, fromPlain(one)]));
  }
  return null;
}

/** As `JSON.parse` would give it. */
export function toPlain(value: Json): Plain {
  if (value instanceof Num) return numberOf(value.text);
  if (isArray(value)) return value.map(toPlain);
  if (isObject(value)) return Object.fromEntries([...value].map(([name, one]) => [name, toPlain(one)]));
  return value as null | boolean | string;
}
