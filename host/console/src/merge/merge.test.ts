import { describe, expect, test } from 'vitest';

import { differences } from '../editor/document/difference';
import { pointer } from '../json/path';
import { fromPlain, toPlain } from '../json/plain';
import { printJson } from '../json/print';
import { Random } from '../json/random';
import { decide, merge } from './merge';

/** Of plain values: what is put together, the places of conflicts, and those that were taken over. */
function put(base: unknown, theirs: unknown, mine: unknown) {
  const { value, conflicts, taken } = merge(fromPlain(base), fromPlain(theirs), fromPlain(mine));
  return { value: toPlain(value), conflicts: conflicts.map((one) => pointer(one.path)), taken: taken.map(pointer) };
}

describe('merge', () => {
  test('changes apart from each other are put together', () => {
    const base = { name: 'a', limits: { cpu_ms: 1, log_lines: 2 }, tags: ['x'] };
    const mine = { name: 'b', limits: { cpu_ms: 1, log_lines: 2 }, tags: ['x'] };
    const theirs = { name: 'a', limits: { cpu_ms: 5, log_lines: 2 }, tags: ['x', 'y'] };
    expect(put(base, theirs, mine)).toEqual({
      value: { name: 'b', limits: { cpu_ms: 5, log_lines: 2 }, tags: ['x', 'y'] }, conflicts: [], taken: ['/limits/cpu_ms', '/tags'],
    });
  });
  test('members come, change and go', () => {
    const found = merge(fromPlain({ a: 1, b: { c: 1, d: 1 }, e: 1 }), fromPlain({ a: 2, b: { c: 1, d: 1 }, f: 1 }), fromPlain({ a: 1, b: { c: 3, d: 1 }, e: 1 }));
    expect(found.conflicts).toEqual([]);
    expect(printJson(found.value, 0)).toBe('{"a":2,"b":{"c":3,"d":1},"f":1}');
  });
  test('a place that both changed is for a person, and what was written here stands until then', () => {
    const found = merge(fromPlain({ a: 1, b: 1, l: [1] }), fromPlain({ a: 2, l: [1, 2] }), fromPlain({ a: 3, b: 2, l: [1] }));
    expect(printJson(found.value, 0)).toBe('{"a":3,"b":2,"l":[1,2]}');
    expect(found.conflicts.map((one) => one.path)).toEqual([['a'], ['b']]);
    const [first, second] = found.conflicts;
    if (!first || !second) throw new Error('no conflicts');
    expect(printJson(decide(decide(found.value, first, 'theirs'), second, 'theirs'), 0)).toBe('{"a":2,"l":[1,2]}');
    expect(printJson(decide(found.value, second, 'mine'), 0)).toBe('{"a":3,"b":2,"l":[1,2]}');
  });
  test('what one removed and the other changed is a conflict', () => {
    expect(put({ a: 1 }, { a: 2 }, {}).conflicts).toEqual(['/a']);
    expect(put({ a: 1 }, { a: 1 }, {}).value).toEqual({});
    expect(put({ a: 1 }, {}, { a: 1 }).value).toEqual({});
  });
  test('lists of named things are put together by their names', () => {
    const [one, two, three] = ['one', 'two', 'three'].map((name) => ({ name, type: 'http' }));
    expect(put([one], [one, three], [one, two]).value).toEqual([one, two, three]);
    expect(put([one, two], [two], [one, two]).value).toEqual([two]);
    expect(put([one, two], [two, one], [{ ...one, title: 'One' }, two]).value).toEqual([{ ...one, title: 'One' }, two]);
    // Without names of their own they are one value.
    expect(put([1], [1, 2], [1, 3]).conflicts).toEqual(['']);
    expect(put([one], [one, one], [one, two]).conflicts).toEqual(['']);
  });
  test('a conflict within a list is decided where its item is', () => {
    const base = [{ url: 'a', m: 1 }, { url: 'b', m: 1 }];
    const found = merge(fromPlain(base), fromPlain([{ url: 'b', m: 2 }, { url: 'a', m: 1 }]), fromPlain([{ url: 'a', m: 3 }, { url: 'b', m: 4 }]));
    const [conflict] = found.conflicts;
    if (!conflict) throw new Error('no conflict');
    expect(conflict.path).toEqual(['b', 'm']);
    expect(toPlain(decide(found.value, conflict, 'theirs'))).toEqual([{ url: 'a', m: 3 }, { url: 'b', m: 2 }]);
    // One that was taken away here, and changed there, comes back.
    const gone = merge(fromPlain(base), fromPlain([{ url: 'a', m: 1 }, { url: 'b', m: 2 }]), fromPlain([{ url: 'a', m: 2 }]));
    const [back] = gone.conflicts;
    if (!back) throw new Error('no conflict');
    expect(toPlain(decide(gone.value, back, 'theirs'))).toEqual([{ url: 'a', m: 2 }, { url: 'b', m: 2 }]);
    expect(toPlain(decide(gone.value, back, 'mine'))).toEqual([{ url: 'a', m: 2 }]);
  });
  test('a member named __proto__ is a member', () => {
    expect(Object.keys(put({}, JSON.parse('{"__proto__": 1}'), {}).value as object)).toEqual(['__proto__']);
  });
  test('one who changed nothing takes over all, whatever it is', () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const random = new Random(seed);
      const [base, other] = [random.value(), random.value()];
      expect(differences(merge(base, other, base).value, other), `seed ${seed}`).toEqual([]);
      expect(differences(merge(base, base, other).value, other), `seed ${seed}`).toEqual([]);
    }
  }, 120_000);
});
