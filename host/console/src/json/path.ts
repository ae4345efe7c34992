// Places in a value, and values with one place changed. Nothing is changed in place: whoever holds the old value keeps it.
import { type Json, type Path, isArray, isObject } from './value';

/** As a JSON pointer (RFC 6901). */
export function pointer(path: Path): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The steps of a JSON pointer. Which of them are indexes is only known beside a value. */
export function steps(text: string): string[] {
  if (text === '') return [];
  return text
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function step(value: Json | undefined, name: string | number): Json | undefined {
  if (isObject(value)) return value.get(String(name));
  if (isArray(value)) return value[Number(name)];
  return undefined;
}

export function get(root: Json | undefined, path: Path): Json | undefined {
  return path.reduce<Json | undefined>(step, root);
}

/** With the value at this place, which is made where it was not. Objects are made on the way. */
export function set(root: Json | undefined, path: Path, value: Json): Json {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (isArray(root)) {
    const copy = [...root];
    copy[Number(first)] = set(root[Number(first)], rest, value);
    return copy;
  }
  const copy = new Map(isObject(root) ? root : []);
  copy.set(String(first), set(copy.get(String(first)), rest, value));
  return copy;
}

/** Without the member or item at this place. */
export function remove(root: Json, path: Path): Json {
  const last = path.at(-1);
  if (last === undefined) return root;
  const holder = get(root, path.slice(0, -1));
  if (isArray(holder)) return set(root, path.slice(0, -1), holder.filter((_, index) => index !== Number(last)));
  if (!isObject(holder) || !holder.has(String(last))) return root;
  const copy = new Map(holder);
  copy.delete(String(last));
  return set(root, path.slice(0, -1), copy);
}

/** With another name for a member, at its place in the order. A name that is taken changes nothing. */
export function rename(root: Json, path: Path, name: string): Json {
  const old = String(path.at(-1));
  const holder = get(root, path.slice(0, -1));
  if (!isObject(holder) || !holder.has(old) || holder.has(name)) return root;
  const copy = new Map([...holder].map(([own, value]): [string, Json] => [own === old ? name : own, value]));
  return set(root, path.slice(0, -1), copy);
}

/** With a member or item some places further down (or up, below zero). */
export function move(root: Json, path: Path, by: number): Json {
  const last = path.at(-1);
  const holder = get(root, path.slice(0, -1));
  if (isArray(holder)) return set(root, path.slice(0, -1), moved(holder, Number(last), by));
  if (!isObject(holder)) return root;
  const entries = [...holder];
  const at = entries.findIndex(([name]) => name === String(last));
  return set(root, path.slice(0, -1), new Map(moved(entries, at, by)));
}

function moved<T>(list: readonly T[], at: number, by: number): T[] {
  const copy = [...list];
  const to = at + by;
  if (at < 0 || at >= copy.length || to < 0 || to >= copy.length) return copy;
  const [one] = copy.splice(at, 1);
  copy.splice(to, 0, one as T);
  return copy;
}
