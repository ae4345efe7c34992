import { expect, test } from 'vitest';

import declarations from '../../../../../guest-sdk/javascript/lockgate.d.ts?raw';
import { fromPlain } from '../../json/plain';
import { fieldsOf } from './input';
import { library } from './library';
import { lineOf } from '../../json/lines';
import { ofDocument, ofText, position } from './mistakes';

const found = library(declarations);

test('the library is what the declarations say', () => {
  const names = (module: string): string[] => (found.modules.get(module) ?? []).map((entry) => entry.name);
  expect([...found.modules.keys()]).toEqual(expect.arrayContaining(['lockgate', 'lockgate/csv', 'lockgate/database', 'lockgate/xml']));
  expect(names('lockgate')).toEqual(expect.arrayContaining(['Failure', 'settings', 'context', 'sign', 'verify', 'log']));
  expect(names('lockgate/database')).toEqual(expect.arrayContaining(['sql', 'query', 'execute', 'transaction']));
  const globals = found.globals.map((entry) => entry.name);
  expect(globals).toEqual(expect.arrayContaining(['fetch', 'Response', 'URL', 'console', 'crypto', 'setTimeout']));
  expect(globals).not.toContain('eval');
  expect(globals).not.toContain('Failure');
});

test('entries have their signature, description and members', () => {
  const failure = found.modules.get('lockgate')?.find((entry) => entry.name === 'Failure');
  expect(failure?.description).toContain("The connector's own answer");
  const fetch = found.globals.find((entry) => entry.name === 'fetch');
  expect(fetch?.signature).toBe('fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>');
  const context = found.modules.get('lockgate')?.find((entry) => entry.name === 'Context');
  expect(context?.members.map((entry) => entry.name)).toEqual(['callId', 'attempt', 'tenant', 'remainingMs']);
  const crypto = found.globals.find((entry) => entry.name === 'crypto');
  const subtle = crypto?.members.find((entry) => entry.name === 'subtle');
  expect(crypto?.members.map((entry) => entry.name)).toEqual(['randomUUID', 'getRandomValues', 'subtle']);
  expect(subtle?.members.map((entry) => entry.name)).toContain('digest');
});

const ORDER = fromPlain({
  type: 'object',
  properties: { id: { type: 'string' }, lines: { type: 'array', items: { $ref: '#/$defs/line' } } },
  $defs: { line: { type: 'object', properties: { price: { type: 'number' }, tax: { type: 'object', properties: { rate: true } } } } },
});

test.each([
  ['export default async function (order, ctx) { order.', 'order', ['id', 'lines']],
  ['export default (order: Order) => order.lines[0].', 'order.lines[0]', ['price', 'tax']],
  ['export default function name({ id, lines: all }) { all[0]?.', 'all[0]', ['price', 'tax']],
  ['export default (o) => { for (const line of o.lines) { line.', 'line', ['price', 'tax']],
  ['export default (o) => o.lines.map((line) => line.tax.', 'line.tax', ['rate']],
  ['export default (o) => o.lines.reduce((sum, line) => sum + line.', 'line', ['price', 'tax']],
  ['export default (o) => { const { lines } = o;\n lines[0].', 'lines[0]', ['price', 'tax']],
  ['export default (o) => { const all = o.lines;\n all.map(async (l) => l.', 'l', ['price', 'tax']],
  ['export default (o) => { const x = y; other.', 'other', []],
  ['export default (o) => { const a = b;\nconst b = a;\n a.', 'a', []],
])('fields of the input are known: %s', (text, expression, fields) => {
  expect(fieldsOf(ORDER, text, expression).map((field) => field.name)).toEqual(fields);
});

test('mistakes stand where the host says', () => {
  const text = 'export default () => {\n  retrun 1;\n};\n';
  expect(position(text, 2, 3)).toBe(text.indexOf('retrun'));
  expect(position(text, 99, 1)).toBe(text.length);
  expect(ofText(text, [{ pointer: '/script/source', detail: 'line 2, column 3: unexpected' }])).toEqual([
    { from: text.indexOf('retrun'), to: text.indexOf('retrun') + 6, message: 'unexpected' },
  ]);
  expect(ofText(text, [{ pointer: '', detail: 'too long' }])).toEqual([{ from: 0, to: 6, message: 'too long' }]);
  const yaml = 'http:\n  method: GTE\n';
  expect(ofDocument('yaml', yaml, [{ pointer: '/http/method', detail: 'unknown' }])[0]?.from).toBe(yaml.indexOf('method'));
  expect(lineOf(text, text.indexOf('retrun'))).toBe(2);
});
