import { expect, test } from 'vitest';

import { move, pointer, remove, rename, set, steps } from './path';
import { DEPTH_MAX, parseJson } from './parse';
import { printJson, visible } from './print';
import { Random } from './random';
import { fromPlain } from './plain';
import { type Json, Num, identical } from './value';

function read(text: string): Json {
  const found = parseJson(text);
  if ('mistakes' in found) throw new Error(JSON.stringify(found.mistakes));
  return found.value;
}

function mistake(text: string): string {
  const found = parseJson(text);
  if (!('mistakes' in found)) throw new Error('it was read');
  const [one] = found.mistakes;
  return `${one?.from}-${one?.to}: ${one?.message}`;
}

test('numbers keep their spelling, and members their order', () => {
  const text = '{"b":1.10,"10":-0,"2":1E5,"__proto__":12345678901234567890123}';
  expect(printJson(read(text), 0)).toBe(text);
});

test('what is printed is read as the same, whatever it is', () => {
  for (let seed = 0; seed < 600; seed += 1) {
    const random = new Random(seed);
    const value = seed % 2 === 0 ? random.value() : random.schema();
    for (const indent of [0, 2]) {
      const text = printJson(value, indent);
      expect(identical(read(text), value), `seed ${seed}: ${text}`).toBe(true);
      // Other readers read it too.
      JSON.parse(text);
    }
  }
}, 120_000);

test('a mistake is told where it stands', () => {
  expect(mistake('{"a": 1,}')).toBe('8-9: expected the name of a member in quotes');
  expect(mistake('{"a": 01}')).toBe('6-8: `01` is no number of JSON');
  expect(mistake('{"a": 1, "a": 2}')).toBe('9-12: the member `a` is here twice');
  expect(mistake('{"a": nul}')).toBe('6-9: expected a value, found `nul`');
  expect(mistake('["a')).toBe('1-3: this text has no end');
  expect(mistake('["\\x"]')).toBe('2-4: no escape of JSON');
  expect(mistake('[1] 2')).toBe('4-5: something stands behind the value');
  expect(mistake('')).toBe('0-0: expected a value, and the text ends');
  expect(mistake('{"a" 1}')).toBe('5-6: expected `:` behind the name of a member');
});

test('depth is bounded', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  expect('value' in parseJson(nested(DEPTH_MAX + 1))).toBe(true);
  expect(mistake(nested(100_000))).toContain('nested deeper than');
});

test('each value has its place', () => {
  const text = '{"a/b": [1, {"c": true}]}';
  const found = parseJson(text);
  if ('mistakes' in found) throw new Error('not read');
  const place = found.places.get('/a~1b/1/c');
  expect(text.slice(place?.from, place?.to)).toBe('true');
  expect(text.slice(place?.key?.from, place?.key?.to)).toBe('"c"');
});

test('what cannot be seen is shown as an escape', () => {
  expect(printJson('\u202e\u001b[31m\u200b', 0)).toBe('"\\u202e\\u001b[31m\\u200b"');
  expect(visible('a\u202eb\u001b[1m\r\nc\td')).toBe('a\\u202eb\\u001b[1m\nc\td');
});

test('one place is changed, and nothing else', () => {
  const value = fromPlain({ a: [1, 2], b: { c: 'd' } });
  expect(printJson(set(value, ['b', 'e'], true), 0)).toBe('{"a":[1,2],"b":{"c":"d","e":true}}');
  expect(printJson(set(value, ['a', 1], new Num('3.0')), 0)).toBe('{"a":[1,3.0],"b":{"c":"d"}}');
  expect(printJson(remove(value, ['a', 0]), 0)).toBe('{"a":[2],"b":{"c":"d"}}');
  expect(printJson(rename(value, ['a'], 'z'), 0)).toBe('{"z":[1,2],"b":{"c":"d"}}');
  expect(rename(value, ['a'], 'b')).toBe(value);
  expect(printJson(move(value, ['b'], -1), 0)).toBe('{"b":{"c":"d"},"a":[1,2]}');
  expect(printJson(move(value, ['a', 0], 1), 0)).toBe('{"a":[2,1],"b":{"c":"d"}}');
  expect(printJson(value, 0)).toBe('{"a":[1,2],"b":{"c":"d"}}');
});

test('pointers are those of RFC 6901', () => {
  expect(pointer(['a/b', 'm~n', 0])).toBe('/a~1b/m~0n/0');
  expect(steps('/a~1b/m~0n/0')).toEqual(['a/b', 'm~n', '0']);
});
