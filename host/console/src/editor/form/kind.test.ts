import { expect, test } from 'vitest';

import published from '../../../../../wit/group.schema.json';
import { printJson } from '../../json/print';
import { fromPlain } from '../../json/plain';
import { type Json, member } from '../../json/value';
import { resolve } from '../schema/read';
import { limitsOf } from '../connector/types';
import { begin, kindOf, label, shapeOf, shapesOf } from './kind';

const ROOT = fromPlain(published);
const http = resolve(ROOT, fromPlain({ $ref: '#/$defs/HttpDefinition' }));
const property = (name: string): Json => member(member(http, 'properties'), name) as Json;

test('every key of a request has a field', () => {
  const kinds = [...(member(http, 'properties') as ReadonlyMap<string, Json>)].map(([name, schema]) => `${name}: ${kindOf(schema, undefined).is}`);
  expect(kinds.sort()).toEqual([
    'body: json', 'errors: object', 'headers: object', 'method: choice', 'pagination: json', 'path: text', 'query: object',
    'redirects: number', 'response: object', 'retry: object', 'segments: list', 'url: text',
  ]);
  expect(shapesOf(ROOT, property('body')).map((shape) => shape.label)).toEqual(['json', 'form', 'text']);
  expect(shapesOf(ROOT, property('pagination')).map((shape) => shape.label)).toEqual(['cursor', 'link', 'page']);
  expect(shapesOf(ROOT, http)).toEqual([]);
});

test('a value is found to have its shape, and a new one begins with it', () => {
  const bodies = shapesOf(ROOT, property('body'));
  expect(shapeOf(ROOT, bodies, fromPlain({ text: 'a' }))).toBe(2);
  expect(shapeOf(ROOT, bodies, fromPlain({ form: {} }))).toBe(1);
  const pages = shapesOf(ROOT, property('pagination'));
  expect(shapeOf(ROOT, pages, fromPlain({ type: 'page', query: 'p' }))).toBe(2);
  expect(printJson(begin(ROOT, pages[0]?.schema), 0)).toBe('{"type":"cursor","pointer":""}');
  const several = shapesOf(ROOT, fromPlain({ type: ['string', 'null'] }));
  expect(several.map((shape) => shape.label)).toEqual(['Text', 'Null']);
  expect(shapeOf(ROOT, several, null)).toBe(1);
});

test('a value that the schema does not take is shown as JSON', () => {
  expect(kindOf(fromPlain({ type: 'string' }), fromPlain(1)).is).toBe('json');
  expect(kindOf(true, 'a').is).toBe('json');
  expect(kindOf(fromPlain({ type: 'string' }), 'a\nb')).toEqual({ is: 'text', long: true, format: undefined });
  expect(label('max_rows')).toBe('Max rows');
});

test('only limits that concern a type are offered', () => {
  expect(limitsOf('http', false)).toEqual(['deadline_ms', 'cpu_ms', 'input_bytes', 'output_bytes', 'host_calls']);
  expect(limitsOf('http', true)).toBe(null);
  expect(limitsOf('function', false)).toBe(null);
});
