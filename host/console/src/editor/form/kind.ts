// Which field a schema gets in a form, for the value that is there.
import { type Json, Num, isArray, isObject, member, textOf } from '../../json/value';
import { choicesOf, propertiesOf, requiredOf, resolve, summary, typesOf } from '../schema/read';
import { fits, sample } from '../schema/sample';

export type Kind =
  | { is: 'object'; properties: readonly string[]; open: boolean }
  | { is: 'list' }
  | { is: 'choice'; among: readonly Json[] }
  | { is: 'fixed'; value: Json }
  | { is: 'text'; long: boolean; format: string | undefined }
  | { is: 'number'; whole: boolean }
  | { is: 'flag' }
  | { is: 'null' }
  | { is: 'json' };

/** Texts that may be longer get several lines. */
const LONG = 300;

/** The field for a value; without a value the one for what the schema asks for first. */
export function kindOf(schema: Json | undefined, value: Json | undefined): Kind {
  if (!isObject(schema)) return { is: 'json' };
  const fixed = schema.get('const');
  if (fixed !== undefined) return { is: 'fixed', value: fixed };
  const listed = schema.get('enum');
  if (isArray(listed) && listed.length > 0) return { is: 'choice', among: listed };
  const types = typesOf(schema);
  const own = value === undefined ? types[0] : types.find((type) => fits(new Map([['type', type]]), value));
  switch (own) {
    case 'object':
      return { is: 'object', properties: propertiesOf(schema).map((one) => one.name), open: schema.get('additionalProperties') !== false };
    case 'array':
      return schema.has('items') ? { is: 'list' } : { is: 'json' };
    case 'string': {
      const most = schema.get('maxLength');
      const long = (typeof value === 'string' && value.includes('\n')) || (most instanceof Num && Number(most.text) > LONG);
      return { is: 'text', long, format: textOf(schema, 'format') };
    }
    case 'number':
    case 'integer':
      return { is: 'number', whole: own === 'integer' };
    case 'boolean':
      return { is: 'flag' };
    case 'null':
      return { is: 'null' };
    case undefined:
      return { is: 'json' };
  }
}

/** Another shape that a value may have, and a value to begin with. */
export interface Shape {
  label: string;
  schema: Json;
}

const NAMES: Record<string, string> = {
  string: 'Text',
  number: 'Number',
  integer: 'Whole number',
  boolean: 'Yes or no',
  object: 'Object',
  array: 'List',
  null: 'Null',
};

/** The shapes among which a person chooses; none where there is only one. */
export function shapesOf(root: Json, schema: Json | undefined): Shape[] {
  // Alternatives beside properties only say which of them go together.
  const choices = member(schema, 'properties') === undefined ? choicesOf(schema) : [];
  if (choices.length > 0) {
    return choices.map((one, index) => ({ label: labelOf(root, one) ?? `Shape ${index + 1}`, schema: resolve(root, one) ?? true }));
  }
  const types = typesOf(schema);
  if (types.length < 2 || !isObject(schema)) return [];
  return types.map((type) => ({ label: NAMES[type] ?? type, schema: new Map(schema).set('type', type) }));
}

function labelOf(root: Json, schema: Json): string | undefined {
  const found = resolve(root, schema);
  const title = textOf(found, 'title');
  if (title !== undefined) return title;
  const fixed = member(found, 'const') ?? member(member(member(found, 'properties'), 'type'), 'const');
  if (typeof fixed === 'string') return fixed;
  const [required] = requiredOf(found);
  if (required !== undefined) return required;
  const said = summary(root, found);
  return said.charAt(0).toUpperCase() + said.slice(1);
}

/** The shape that a value has: the first whose type and required members it has. */
export function shapeOf(root: Json, shapes: readonly Shape[], value: Json | undefined): number {
  const found = shapes.findIndex(({ schema }) => {
    if (value === undefined || !fits(schema, value)) return false;
    const kind = member(member(member(schema, 'properties'), 'type'), 'const');
    if (kind !== undefined && member(value, 'type') !== kind) return false;
    return !isObject(value) || requiredOf(schema).every((name) => value.has(name));
  });
  if (found >= 0) return found;
  return Math.max(shapes.findIndex(({ schema }) => fits(schema, value)), 0);
}

/** A value of a shape, to begin with. */
export function begin(root: Json, schema: Json | undefined): Json {
  const found = resolve(root, schema);
  const value = sample(root, found);
  // A type that is one of a kind says so in the value.
  const kind = member(member(member(found, 'properties'), 'type'), 'const');
  return isObject(value) && kind !== undefined ? new Map([['type', kind], ...[...value].filter(([name]) => name !== 'type')]) : value;
}

/** A name as a label: `max_rows` as `Max rows`. */
export function label(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
