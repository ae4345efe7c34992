// What a schema says, for the form and for whoever completes or fills in values by it.
import { get, steps } from '../../json/path';
import { type Json, type JsonObject, isArray, isObject, member, textOf } from '../../json/value';
import { type Type, hasField, isType } from './keywords';

/** The types that a schema names; those that its keywords mean where it names none. */
export function typesOf(schema: Json | undefined): Type[] {
  const named = member(schema, 'type');
  if (isType(named)) return [named];
  if (isArray(named)) return named.filter(isType);
  if (member(schema, 'properties') !== undefined) return ['object'];
  if (member(schema, 'items') !== undefined || member(schema, 'prefixItems') !== undefined) return ['array'];
  return [];
}

/** A property of an object, in the order of the text. */
export interface Property {
  name: string;
  schema: Json;
  required: boolean;
}

/** The names that `required` lists. */
export function requiredOf(schema: Json | undefined): string[] {
  const listed = member(schema, 'required');
  return isArray(listed) ? listed.filter((name): name is string => typeof name === 'string') : [];
}

/** The properties of a schema, and what is required and described nowhere. */
export function propertiesOf(schema: Json | undefined): Property[] {
  const own = member(schema, 'properties');
  const required = requiredOf(schema);
  const found: Property[] = [];
  if (isObject(own)) {
    for (const [name, one] of own) found.push({ name, schema: one, required: required.includes(name) });
  }
  return found;
}

/** Keywords of a schema that the form has no field for. */
export function otherKeywords(schema: JsonObject): [string, Json][] {
  const types = typesOf(schema);
  return [...schema].filter(([name]) => !hasField(name, types));
}

/** How many references are followed one behind another. */
const REFERENCES_MAX = 16;

/** The schema that a `$ref` within the document leads to. Its own keywords beside the reference are laid over it. */
export function resolve(root: Json, schema: Json | undefined): Json | undefined {
  let found = schema;
  const beside: [string, Json][] = [];
  for (let step = 0; step < REFERENCES_MAX; step += 1) {
    const reference = textOf(found, '$ref');
    if (reference === undefined || !isObject(found)) break;
    beside.unshift(...[...found].filter(([name]) => name !== '$ref'));
    found = target(root, reference);
    if (found === undefined) return undefined;
  }
  if (beside.length === 0 || !isObject(found)) return found;
  return new Map([...found, ...beside]);
}

/** Where a reference leads: a JSON pointer into the document, or an anchor of `$defs`. */
export function target(root: Json, reference: string): Json | undefined {
  if (!reference.startsWith('#')) return undefined;
  let fragment: string;
  try {
    fragment = decodeURIComponent(reference.slice(1));
  } catch {
    return undefined;
  }
  if (fragment === '' || fragment.startsWith('/')) return get(root, steps(fragment));
  const definitions = member(root, '$defs');
  if (!isObject(definitions)) return undefined;
  return [...definitions.values()].find((one) => textOf(one, '$anchor') === fragment);
}

/** Schemas of which a value must have one, by `oneOf` or `anyOf`. */
export function choicesOf(schema: Json | undefined): readonly Json[] {
  const one = member(schema, 'oneOf') ?? member(schema, 'anyOf');
  return isArray(one) ? one : [];
}

/** A schema in a few words, for lists. */
export function summary(root: Json, schema: Json | undefined): string {
  if (schema === true || schema === undefined) return 'anything';
  if (schema === false) return 'nothing';
  const reference = textOf(schema, '$ref');
  if (reference !== undefined) return `as ${reference.split('/').at(-1) ?? reference}`;
  const enumerated = member(schema, 'enum');
  if (isArray(enumerated)) return `one of ${enumerated.length} values`;
  if (member(schema, 'const') !== undefined) return 'one value';
  const types = typesOf(schema);
  if (types.length === 0) return choicesOf(schema).length > 0 ? 'one of several' : 'anything';
  const format = textOf(schema, 'format');
  const words = types.map((type) => {
    if (type === 'array') return `list of ${summary(root, member(schema, 'items'))}`;
    return type === 'string' && format !== undefined ? format : WORDS[type];
  });
  return words.join(' or ');
}

const WORDS: Record<Type, string> = {
  string: 'text',
  number: 'number',
  integer: 'whole number',
  boolean: 'yes or no',
  object: 'object',
  array: 'list',
  null: 'null',
};
