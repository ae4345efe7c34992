import { expect, test } from 'vitest';

import { parseJson } from '../../json/parse';
import { printJson } from '../../json/print';
import { Random } from '../../json/random';
import { fromPlain } from '../../json/plain';
import { type Json, identical, isObject } from '../../json/value';
import { addProperty, freeName, removeProperty, renameProperty, requireProperty, setKeyword, setTypes } from './edit';
import { otherKeywords, propertiesOf, resolve, summary, typesOf } from './read';
import { inferred, sample } from './sample';

const ORDER = fromPlain({
  type: 'object',
  'x-own': { kept: true },
  required: ['id'],
  properties: { id: { type: 'string', minLength: 1 }, lines: { type: 'array', items: { $ref: '#/$defs/line' } } },
  $defs: { line: { type: 'object', properties: { price: { type: 'number', default: 1 } }, required: ['price'] } },
});

function text(value: Json): string {
  return printJson(value, 0);
}

test('a change leaves all else as it was', () => {
  const added = addProperty(ORDER, [], 'note');
  expect(text(added)).toBe(text(ORDER).replace('"lines"', '"lines"').replace('"$ref":"#/$defs/line"}}}', '"$ref":"#/$defs/line"}},"note":{"type":"string"}}'));
  expect(text(removeProperty(added, [], 'note'))).toBe(text(ORDER));
  expect(text(renameProperty(ORDER, [], 'id', 'key'))).toBe(text(ORDER).replace('["id"]', '["key"]').replace('"id":', '"key":'));
  expect(renameProperty(ORDER, [], 'id', 'lines')).toBe(ORDER);
  expect(text(requireProperty(ORDER, [], 'lines', true))).toContain('"required":["id","lines"]');
  expect(text(requireProperty(ORDER, [], 'id', false))).not.toContain('"required":["id"]');
  expect(text(setKeyword(ORDER, ['properties', 'id'], 'maxLength', undefined))).toBe(text(ORDER));
});

test('every change of every schema keeps keywords that nobody knows', () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const schema = new Random(seed).schema();
    if (!isObject(schema)) continue;
    const others = otherKeywords(schema);
    let next = setKeyword(schema, [], 'title', 'T');
    next = addProperty(next, [], freeName(next));
    for (const one of propertiesOf(next)) next = requireProperty(next, [], one.name, seed % 2 === 0);
    if (!isObject(next)) throw new Error('no object');
    for (const [name, value] of others) {
      // What belongs to a type goes when the type does; nothing else may.
      if (next.has(name)) expect(identical(next.get(name) as Json, value)).toBe(true);
      else expect(['minimum', 'items', 'enum']).toContain(name);
    }
  }
}, 120_000);

test('another type takes away what concerned the old one alone', () => {
  const number = fromPlain({ type: 'number', minimum: 1, description: 'd', 'x-own': 1 });
  expect(text(setTypes(number, [], ['integer']))).toBe('{"type":"integer","minimum":1,"description":"d","x-own":1}');
  expect(text(setTypes(number, [], ['string']))).toBe('{"type":"string","description":"d","x-own":1}');
  expect(text(setTypes(number, [], ['number', 'null']))).toBe('{"type":["number","null"],"minimum":1,"description":"d","x-own":1}');
  expect(text(setTypes(number, [], []))).toBe('{"minimum":1,"description":"d","x-own":1}');
});

test('references are followed within the document, and no further', () => {
  expect(text(resolve(ORDER, fromPlain({ $ref: '#/$defs/line', title: 'L' })) as Json)).toContain('"title":"L"');
  expect(resolve(ORDER, fromPlain({ $ref: '#/$defs/none' }))).toBeUndefined();
  expect(resolve(ORDER, fromPlain({ $ref: 'https://elsewhere.example/' }))).toBeUndefined();
  const loop = fromPlain({ $defs: { a: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' });
  expect(summary(loop, loop)).toBe('as a');
  expect(sample(loop, loop)).toBe(null);
});

test('a schema is said in a few words', () => {
  const said = (schema: unknown): string => summary(ORDER, fromPlain(schema));
  expect(said({ type: 'array', items: { type: 'integer' } })).toBe('list of whole number');
  expect(said({ type: ['string', 'null'], format: 'date' })).toBe('date or null');
  expect(said({ enum: [1, 2] })).toBe('one of 2 values');
  expect(said(true)).toBe('anything');
  expect(typesOf(fromPlain({ properties: {} }))).toEqual(['object']);
});

test('a value to begin with has what is required', () => {
  const needed = requireProperty(ORDER, [], 'lines', true);
  expect(text(sample(needed, needed))).toBe('{"id":"","lines":[]}');
  expect(text(sample(ORDER, fromPlain({ $ref: '#/$defs/line' })))).toBe('{"price":1}');
});

test('a schema of an example takes it', () => {
  const read = parseJson('{"id": "a", "lines": [{"price": 1.10}], "paid": null}');
  if ('mistakes' in read) throw new Error('not read');
  expect(text(inferred(read.value))).toBe(
    '{"type":"object","properties":{"id":{"type":"string"},"lines":{"type":"array","items":{"type":"object","properties":{"price":{"type":"number"}},"required":["price"]}},"paid":{"type":"null"}},"required":["id","lines","paid"]}',
  );
});
