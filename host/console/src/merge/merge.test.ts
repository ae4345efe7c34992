import { describe, expect, test } from 'vitest';
import { merge, withValue } from './merge';

describe('merge', () => {
  test('changes apart from each other are joined', () => {
    const base = { name: 'a', limits: { cpu_ms: 1, log_lines: 2 }, tags: ['x'] };
    const mine = { name: 'b', limits: { cpu_ms: 1, log_lines: 2 }, tags: ['x'] };
    const theirs = { name: 'a', limits: { cpu_ms: 5, log_lines: 2 }, tags: ['x', 'y'] };
    const { merged, conflicts, taken } = merge(base, mine, theirs);
    expect(merged).toEqual({ name: 'b', limits: { cpu_ms: 5, log_lines: 2 }, tags: ['x', 'y'] });
    expect(conflicts).toEqual([]);
    expect(taken).toEqual(['/limits/cpu_ms', '/tags']);
  });
  test('one value changed twice is a conflict, and mine stands until a person chooses', () => {
    const { merged, conflicts } = merge({ a: 1 }, { a: 2 }, { a: 3 });
    expect(merged).toEqual({ a: 2 });
    expect(conflicts).toEqual([{ pointer: '/a', base: 1, mine: 2, theirs: 3 }]);
  });
  test('what one removed and the other changed is a conflict', () => {
    expect(merge({ a: 1 }, {}, { a: 2 }).conflicts).toHaveLength(1);
    expect(merge({ a: 1 }, {}, { a: 1 }).merged).toEqual({});
    expect(merge({ a: 1 }, { a: 1 }, {}).merged).toEqual({});
  });
  test('lists of named things are joined by their names', () => {
    const one = { name: 'one', type: 'http' };
    const two = { name: 'two', type: 'http' };
    const three = { name: 'three', type: 'http' };
    expect(merge([one], [one, two], [one, three]).merged).toEqual([one, two, three]);
    expect(merge([one, two], [one, two], [two]).merged).toEqual([two]);
  });
  test('a member named __proto__ is a member', () => {
    const theirs = JSON.parse('{"__proto__": 1}') as { [key: string]: number };
    expect(Object.keys(merge({}, {}, theirs).merged as object)).toEqual(['__proto__']);
  });
});

describe('withValue', () => {
  test('sets and removes what a pointer names', () => {
    expect(withValue({ a: { 'b/c': 1 } }, '/a/b~1c', 2)).toEqual({ a: { 'b/c': 2 } });
    expect(withValue({ a: { b: 1 } }, '/a/b', undefined)).toEqual({ a: {} });
    expect(withValue({ list: [{ name: 'x', v: 1 }] }, '/list/x/v', 3)).toEqual({ list: [{ name: 'x', v: 3 }] });
    expect(withValue({ list: [{ name: 'x' }] }, '/list/x', undefined)).toEqual({ list: [] });
  });
});
