// What differs between two documents, place by place.
import { type Json, type Path, equal, isArray, isObject } from '../../json/value';

export interface Change {
  path: Path;
  from: Json | undefined;
  to: Json | undefined;
}

/** In the order of the later document; what only the earlier one has comes last. */
export function differences(from: Json | undefined, to: Json | undefined, path: Path = []): Change[] {
  if (equal(from, to)) return [];
  if (isObject(from) && isObject(to)) {
    const names = new Set([...to.keys(), ...from.keys()]);
    return [...names].flatMap((name) => differences(from.get(name), to.get(name), [...path, name]));
  }
  if (isArray(from) && isArray(to) && from.length === to.length) {
    return to.flatMap((item, index) => differences(from[index], item, [...path, index]));
  }
  return [{ path, from, to }];
}

/** A line of a text, and whose it is. */
export interface Line {
  kind: 'same' | 'old' | 'new';
  text: string;
}

/** Beyond this product of lines the middle is shown as replaced as a whole: the table of a comparison grows with it. */
const CELLS_MAX = 4_000_000;

/** Two texts line by line, by the longest common subsequence. */
export function lines(from: string, to: string): Line[] {
  const [a, b] = [from.split('\n'), to.split('\n')];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const [left, right] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
  const same = (text: string): Line => ({ kind: 'same', text });
  return [...a.slice(0, head).map(same), ...middle(left, right), ...a.slice(a.length - tail).map(same)];
}

function middle(a: readonly string[], b: readonly string[]): Line[] {
  const old = (text: string): Line => ({ kind: 'old', text });
  const fresh = (text: string): Line => ({ kind: 'new', text });
  if (a.length * b.length > CELLS_MAX) return [...a.map(old), ...b.map(fresh)];
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const found: Line[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      found.push({ kind: 'same', text: a[i] ?? '' });
      i += 1;
      j += 1;
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) {
      found.push(old(a[i] ?? ''));
      i += 1;
    } else {
      found.push(fresh(b[j] ?? ''));
      j += 1;
    }
  }
  return found;
}
