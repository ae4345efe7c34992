import { describe, expect, test } from 'vitest';
import { fromPlain, toPlain } from '../json/plain';
import { History } from './history';

function history(first: unknown) {
  let now = 0;
  const held = new History(fromPlain(first), () => now);
  const back = (value: ReturnType<History['undo']>) => (value === null ? null : toPlain(value));
  return {
    record: (value: unknown, after = 5000) => {
      now += after;
      held.record(fromPlain(value));
    },
    undo: () => back(held.undo()),
    redo: () => back(held.redo()),
    reset: (value: unknown) => held.reset(fromPlain(value)),
  };
}

describe('history', () => {
  test('goes back and forth', () => {
    const { record, undo, redo } = history({ a: 1 });
    record({ a: 1, b: true });
    record({ a: 1, b: false });
    expect([undo(), undo(), undo()]).toEqual([{ a: 1, b: true }, { a: 1 }, null]);
    expect([redo(), redo(), redo()]).toEqual([{ a: 1, b: true }, { a: 1, b: false }, null]);
  });
  test('what is typed at one place is one step until a pause', () => {
    const { record, undo } = history({ a: '', b: '' });
    record({ a: 'x', b: '' });
    record({ a: 'xy', b: '' }, 100);
    record({ a: 'xy', b: 'z' }, 100);
    record({ a: 'xyz', b: 'z' }, 100);
    record({ a: 'xyz!', b: 'z' });
    expect([undo(), undo(), undo(), undo()]).toEqual([{ a: 'xyz', b: 'z' }, { a: 'xy', b: 'z' }, { a: 'xy', b: '' }, { a: '', b: '' }]);
  });
  test('a change after a step back ends the way forth, and the same value is no step', () => {
    const { record, undo, redo } = history([1]);
    record([1, 2]);
    undo();
    record([1]);
    expect(redo()).toEqual([1, 2]);
    undo();
    record([3, 3]);
    expect([redo(), undo(), undo()]).toEqual([null, [1], null]);
  });
  test('what is saved begins anew, and so many steps are kept', () => {
    const { record, undo, reset } = history(0);
    record([]);
    reset(0);
    expect(undo()).toBeNull();
    for (let step = 1; step <= 150; step += 1) record([step, step]);
    let count = 0;
    while (undo() !== null) count += 1;
    expect(count).toBe(100);
  });
});
