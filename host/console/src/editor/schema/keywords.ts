// The keywords of JSON Schema (draft 2020-12) that the form has a field for. Any other one is kept and shown as it is.

/** The types of JSON, in the order in which a person is offered them. */
export const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'] as const;
export type Type = (typeof TYPES)[number];

export function isType(word: unknown): word is Type {
  return TYPES.some((type) => type === word);
}

/** What a keyword holds, which decides its field. */
export type Field = 'text' | 'number' | 'count' | 'flag';

/** A keyword with a field of its own. */
export interface Keyword {
  name: string;
  label: string;
  field: Field;
}

function keyword(name: string, label: string, field: Field): Keyword {
  return { name, label, field };
}

/** Those that concern values of a type. */
export const OF_TYPE: Record<Type, readonly Keyword[]> = {
  string: [
    keyword('format', 'Format', 'text'),
    keyword('minLength', 'Shortest length', 'count'),
    keyword('maxLength', 'Longest length', 'count'),
    keyword('pattern', 'Pattern (regular expression)', 'text'),
  ],
  number: bounds(),
  integer: bounds(),
  boolean: [],
  object: [
    keyword('minProperties', 'Fewest fields', 'count'),
    keyword('maxProperties', 'Most fields', 'count'),
  ],
  array: [
    keyword('minItems', 'Fewest items', 'count'),
    keyword('maxItems', 'Most items', 'count'),
    keyword('uniqueItems', 'No item twice', 'flag'),
  ],
  null: [],
};

function bounds(): Keyword[] {
  return [
    keyword('minimum', 'At least', 'number'),
    keyword('maximum', 'At most', 'number'),
    keyword('exclusiveMinimum', 'More than', 'number'),
    keyword('exclusiveMaximum', 'Less than', 'number'),
    keyword('multipleOf', 'A multiple of', 'number'),
  ];
}

/** Formats that are commonly used. `format` says what a text is; hosts do not check it. */
export const FORMATS = ['date-time', 'date', 'time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uri', 'uri-reference', 'uuid', 'regex', 'json-pointer'];

/** Those that the form shows in places of their own, whatever the type. */
export const PLACED: ReadonlySet<string> = new Set([
  'type', 'title', 'description', 'default', 'enum', '$ref', '$defs', 'properties', 'required', 'items', 'additionalProperties', 'deprecated',
]);

/** Whether the form has a field for this keyword, beside these types. */
export function hasField(name: string, types: readonly Type[]): boolean {
  return PLACED.has(name) || types.some((type) => OF_TYPE[type].some((one) => one.name === name));
}
