// A value to begin with, and a schema to begin with.
import { type Json, Num, isArray, isObject } from '../../json/value';
import { choicesOf, propertiesOf, resolve, typesOf } from './read';

/** How deep a value is filled in: schemas can refer to themselves. */
const DEPTH = 6;

/** A value as a schema wants it: what is required, with defaults and first choices. It need not be valid. */
export function sample(root: Json, schema: Json | undefined, depth = 0): Json {
  const found = resolve(root, schema);
  if (!isObject(found)) return null;
  const given = found.get('default') ?? found.get('const');
  if (given !== undefined) return given;
  const examples = found.get('examples');
  if (isArray(examples) && examples[0] !== undefined) return examples[0];
  const listed = found.get('enum');
  if (isArray(listed) && listed[0] !== undefined) return listed[0];
  const [type] = typesOf(found);
  switch (type) {
    case 'object': {
      const members = new Map<string, Json>();
      if (depth < DEPTH) {
        for (const one of propertiesOf(found)) {
          if (one.required) members.set(one.name, sample(root, one.schema, depth + 1));
        }
      }
      return members;
    }
    case 'array':
      return [];
    case 'string':
      return '';
    case 'number':
    case 'integer':
      return found.get('minimum') instanceof Num ? (found.get('minimum') as Num) : new Num('0');
    case 'boolean':
      return false;
    case 'null':
      return null;
    case undefined:
      break;
  }
  const [first] = choicesOf(found);
  return first === undefined ? null : sample(root, first, depth + 1);
}

/** The schema that takes a value and those like it. */
export function inferred(value: Json): Json {
  if (value === null) return new Map([['type', 'null']]);
  if (typeof value === 'string') return new Map([['type', 'string']]);
  if (typeof value === 'boolean') return new Map([['type', 'boolean']]);
  if (value instanceof Num) return new Map([['type', /^-?[0-9]+$/.test(value.text) ? 'integer' : 'number']]);
  if (isArray(value)) {
    const [first] = value;
    const list = new Map<string, Json>([['type', 'array']]);
    return first === undefined ? list : list.set('items', inferred(first));
  }
  const schema = new Map<string, Json>([['type', 'object']]);
  const entries = [...(value as ReadonlyMap<string, Json>)];
  if (entries.length > 0) {
    schema.set('properties', new Map(entries.map(([name, one]) => [name, inferred(one)])));
    schema.set('required', entries.map(([name]) => name));
  }
  return schema;
}

/** Whether a value has a place in the form of a schema, or is only JSON there. */
export function fits(schema: Json | undefined, value: Json | undefined): boolean {
  if (value === undefined) return true;
  const types = typesOf(schema);
  if (types.length === 0) return false;
  return types.some((type) => {
    switch (type) {
      case 'object':
        return isObject(value);
      case 'array':
        return isArray(value);
      case 'string':
        return typeof value === 'string';
      case 'number':
      case 'integer':
        return value instanceof Num;
      case 'boolean':
        return typeof value === 'boolean';
      case 'null':
        return value === null;
    }
  });
}

