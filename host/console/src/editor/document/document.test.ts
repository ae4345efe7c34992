import { expect, test } from 'vitest';

import { set } from '../../json/path';
import { printJson } from '../../json/print';
import { Random } from '../../json/random';
import { fromPlain } from '../../json/plain';
import { Num, identical } from '../../json/value';
import { differences, lines } from './difference';
import { formed, keep, locate, shown, typed, views } from './views';

test('a text comes back as it was written while the value is the same', () => {
  const yaml = '# mine\na:   1.10\n';
  let state = typed(views(fromPlain({})), 'yaml', yaml);
  expect(shown(state, 'json')).toBe('{\n  "a": 1.10\n}');
  state = keep(state, 'json');
  expect(shown(state, 'yaml')).toBe(yaml);
  state = typed(state, 'json', '{"a":1.10}');
  expect(shown(state, 'yaml')).toBe(yaml);
  expect(shown(state, 'json')).toBe('{"a":1.10}');
  state = formed(state, set(state.value, ['b'], true));
  expect(shown(state, 'yaml')).toBe('# mine\na: 1.10\nb: true\n');
  expect(shown(state, 'json')).toBe('{\n  "a": 1.10,\n  "b": true\n}');
});

test('a text that cannot be read is kept, and the value is the one from before', () => {
  let state = typed(views(fromPlain({ a: 1 })), 'json', '{"a": 2}');
  state = typed(state, 'json', '{"a": ');
  expect(state.broken?.mistakes[0]?.from).toBe(6);
  expect(printJson(state.value, 0)).toBe('{"a":2}');
  expect(shown(state, 'json')).toBe('{"a": ');
  state = typed(state, 'json', '{"a": 3}');
  expect(state.broken).toBeUndefined();
  expect(printJson(state.value, 0)).toBe('{"a":3}');
});

test('values go through all views unchanged', () => {
  for (let seed = 0; seed < 200; seed += 1) {
    const value = new Random(seed).schema();
    let state = views(value);
    for (const view of ['yaml', 'json', 'yaml'] as const) {
      const text = shown(state, view);
      state = typed(state, view, text);
      expect(state.broken, `seed ${seed}: ${text}`).toBeUndefined();
    }
    expect(identical(state.value, value), `seed ${seed}`).toBe(true);
  }
}, 120_000);

test('a pointer is found in both texts', () => {
  const yaml = 'a:\n  - b: 1\n';
  expect(locate('yaml', yaml, '/a/0/b')?.key?.from).toBe(7);
  expect(locate('json', '{"a": [1]}', '/a/0/none')?.from).toBe(7);
});

test('differences are told place by place, and line by line', () => {
  const found = differences(fromPlain({ a: [1, 2], b: 1 }), fromPlain({ a: [1, 3], c: 1 }));
  expect(found.map((one) => [one.path, one.from instanceof Num, one.to instanceof Num])).toEqual([
    [['a', 1], true, true],
    [['c'], false, true],
    [['b'], true, false],
  ]);
  expect(lines('a\nb\nc', 'a\nx\nc\nd').map((line) => `${line.kind[0]} ${line.text}`)).toEqual(['s a', 'o b', 'n x', 's c', 'n d']);
});
