import { expect, test } from 'vitest';

import { set, remove } from './path';
import { fromPlain, toPlain } from './plain';
import { printJson } from './print';
import { Random } from './random';
import { type Json, Num, identical } from './value';
import { parseYaml, patchYaml, printYaml } from './yaml';

function read(text: string): Json {
  const found = parseYaml(text);
  if ('mistakes' in found) throw new Error(`${JSON.stringify(found.mistakes)} in ${text}`);
  return found.value;
}

function mistake(text: string): { line: number; message: string } {
  const found = parseYaml(text);
  if (!('mistakes' in found)) throw new Error('it was read');
  const [one] = found.mistakes;
  return { line: text.slice(0, one?.from).split('\n').length, message: one?.message ?? '' };
}

test('what is printed is read as the same, whatever it is', () => {
  for (let seed = 0; seed < 600; seed += 1) {
    const random = new Random(seed);
    const value = seed % 2 === 0 ? random.value() : random.schema();
    const text = printYaml(value);
    expect(identical(read(text), value), `seed ${seed}: ${text}`).toBe(true);
  }
}, 120_000);

test('a text is changed to any other value', () => {
  for (let seed = 0; seed < 300; seed += 1) {
    const random = new Random(seed);
    const [before, after] = [random.value(), random.value()];
    expect(identical(read(patchYaml(printYaml(before), after)), after), `seed ${seed}`).toBe(true);
  }
}, 120_000);

const WRITTEN = `# The orders of a shop.
type: object
properties:
  # Which order.
  id: {type: string} # a number with letters
  total: {type: number, minimum: 1.10}

  note:
    type: string
required: [id]
`;

test('comments and style stay where nothing is changed', () => {
  const value = read(WRITTEN);
  expect(patchYaml(WRITTEN, value)).toBe(WRITTEN);
  const changed = patchYaml(WRITTEN, set(value, ['properties', 'note', 'maxLength'], new Num('20')));
  expect(changed).toBe(WRITTEN.replace('    type: string\n', '    type: string\n    maxLength: 20\n'));
  const less = patchYaml(WRITTEN, remove(value, ['properties', 'note']));
  expect(less).toContain('# Which order.\n  id: {type: string} # a number with letters\n  total: {type: number, minimum: 1.10}\n');
  expect(less).not.toContain('note');
});

test('words and numbers are those of YAML 1.2, in the spelling of JSON', () => {
  expect(printJson(read('[yes, NO, true, ~, 1_000, 1.10, 1E5, -0, 2026-11-29, "1"]'), 0)).toBe(
    '["yes","NO",true,null,"1_000",1.10,1E5,-0,"2026-11-29","1"]',
  );
  for (const number of ['01', '0x1F', '0o17', '+1', '.5', '1.', '.inf', '.nan']) {
    expect(mistake(`a:\n  - 1\n  - ${number}\n`)).toEqual({
      line: 3,
      message: `\`${number}\` is no number of JSON: put it in quotes if it is a text`,
    });
  }
});

test('mistakes are told at their line', () => {
  expect(mistake('a: 1\nb: [1\nc: 2\n').line).toBeGreaterThan(1);
  expect(mistake('a: 1\nb: 2\na: 3\n').line).toBe(3);
  expect(mistake('a: 1\nb: !!binary aGk=\n').line).toBe(2);
  expect(mistake('a: 1\n---\nb: 2\n').line).toBe(2);
  expect(mistake('a: 1\nb: *x\n').line).toBe(2);
});

test('aliases are read, and can not make much of little', () => {
  expect(printJson(read('a: &x {b: 1}\nc: *x\n'), 0)).toBe('{"a":{"b":1},"c":{"b":1}}');
  const bomb = Array.from({ length: 20 }, (_, n) => `a${n}: &a${n} [${n === 0 ? '1' : Array(9).fill(`*a${n - 1}`).join(', ')}]`);
  expect(mistake(bomb.join('\n')).message).toContain('more than 100000 values');
});

test('what stands behind an alias is not changed with it', () => {
  const text = 'a: &x {b: 1}\nc: *x\n';
  expect(printJson(read(patchYaml(text, set(read(text), ['a', 'b'], new Num('2')))), 0)).toBe('{"a":{"b":2},"c":{"b":1}}');
});

test('a long text is on lines', () => {
  expect(printYaml(new Map<string, Json>([['source', 'export default () => {\n  return 1;\n};\n']]))).toBe(
    'source: |\n  export default () => {\n    return 1;\n  };\n',
  );
});

test.each([
  { name: 'yes', off: 'off', number: '1.10', nothing: null, list: [1, 'two', { three: 3.5 }], empty: {}, none: [] },
  { text: 'a: b # c\n\n  indented\n', tab: '\t', quote: '"', colon: 'x: y', dash: '- x', long: 'word '.repeat(60) },
  { html: '<script>alert(1)</script>', rtl: '\u202eabc', escape: '\u001b[31m' },
  JSON.parse('{"__proto__": {"a": 1}}') as unknown,
  'a text alone',
  [],
])('a definition comes back as it was: %#', (value) => {
  expect(toPlain(read(printYaml(fromPlain(value))))).toEqual(value);
});
