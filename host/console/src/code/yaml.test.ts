import { describe, expect, test } from 'vitest';
import type { Json } from '../api/json';
import { readYaml, writeYaml } from './yaml';

const round = (value: Json) => {
  const read = readYaml(writeYaml(value));
  return read.ok ? read.value : read.mistakes;
};

describe('YAML of a definition', () => {
  test.each<Json>([
    { name: 'yes', off: 'off', number: '1.10', nothing: null, list: [1, 'two', { three: 3.5 }], empty: {}, none: [] },
    { text: 'a: b # c\n\n  indented\n', tab: '\t', quote: '"', colon: 'x: y', dash: '- x', long: 'word '.repeat(60) },
    { html: '<script>alert(1)</script>', rtl: '\u202eabc', escape: '\u001b[31m' },
    'a text alone',
    [],
  ])('comes back as it was: %#', (value) => expect(round(value)).toEqual(value));
  test('a mistake has its line', () => {
    const read = readYaml('name: a\nlist: [1, 2\nother: b\n');
    expect(read.ok).toBe(false);
    if (!read.ok) expect(read.mistakes[0]?.line).toBeGreaterThan(1);
  });
  test('two keys of one name are a mistake', () => expect(readYaml('a: 1\na: 2\n').ok).toBe(false));
  test('anchors do not multiply', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]', ...'bcdefgh'.split('').map((name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdefg'[index]}`).join(', ')}]`)];
    expect(readYaml(bomb.join('\n')).ok).toBe(false);
  });
  test('what JSON can not say is a mistake', () => expect(readYaml('a: .inf\n').ok).toBe(false));
});
