// Three versions of one document: what both began with, what was saved meanwhile, and what was written here. Changes at
// different places are put together; a place that both changed is for a person to decide.
import { remove, set } from '../json/path';
import { type Json, type JsonObject, type Path, equal, isArray, isObject, textOf } from '../json/value';

/** A place that both changed, in different ways. A value that is absent was taken away. */
export interface Conflict {
  /** An item of a list whose items have names is named, since its index may be another one on each side. */
  path: Path;
  base: Json | undefined;
  theirs: Json | undefined;
  mine: Json | undefined;
}

/** What is put together. At the places of conflicts it has what was written here. */
export interface Merged {
  value: Json;
  conflicts: Conflict[];
  /** Places that only the other one changed. */
  taken: Path[];
}

/**
 * Puts two changes of one document together: objects member by member, lists of objects with a `name` or `url` of their own
 * item by item, everything else as a whole.
 */
export function merge(base: Json, theirs: Json, mine: Json): Merged {
  const found: Merged = { value: mine, conflicts: [], taken: [] };
  walk(found, [], base, theirs, mine);
  return found;
}

function walk(found: Merged, path: Path, base: Json | undefined, theirs: Json | undefined, mine: Json | undefined): void {
  if (equal(theirs, mine) || equal(base, theirs)) return;
  if (isObject(theirs) && isObject(mine) && (isObject(base) || base === undefined)) return members(found, path, base, theirs, mine);
  if (equal(base, mine)) {
    found.value = put(found.value, path, theirs);
    found.taken.push(path);
    return;
  }
  const lists = named(base, theirs, mine);
  if (lists !== null) return members(found, path, ...lists);
  found.conflicts.push({ path, base, theirs, mine });
}

function members(found: Merged, path: Path, base: JsonObject | undefined, theirs: JsonObject, mine: JsonObject): void {
  const names = new Set([...mine.keys(), ...theirs.keys(), ...(base?.keys() ?? [])]);
  for (const name of names) walk(found, [...path, name], base?.get(name), theirs.get(name), mine.get(name));
}

/** Members by which items are told apart. */
const KEYS = ['name', 'url'];

/** Three lists by the names of their items, if each item has one of its own. */
function named(...values: [Json | undefined, Json | undefined, Json | undefined]): [JsonObject, JsonObject, JsonObject] | null {
  for (const key of KEYS) {
    const [base, theirs, mine] = values.map((value) => byName(value, key));
    if (base && theirs && mine) return [base, theirs, mine];
  }
  return null;
}

function byName(value: Json | undefined, key: string): JsonObject | null {
  if (!isArray(value)) return null;
  const items = new Map<string, Json>();
  for (const item of value) {
    const name = textOf(item, key);
    if (name === undefined || items.has(name)) return null;
    items.set(name, item);
  }
  return items;
}

/** Sets a place, or takes it away. */
function put(root: Json, path: Path, value: Json | undefined): Json {
  const place = located(root, path);
  return value === undefined ? remove(root, place) : set(root, place, value);
}

/** The same place by indexes. An item that is not there comes behind the others. */
function located(root: Json, path: Path): Path {
  let at: Json | undefined = root;
  return path.map((step) => {
    if (!isArray(at)) {
      at = isObject(at) ? at.get(String(step)) : undefined;
      return step;
    }
    const items: readonly Json[] = at;
    const found = items.findIndex((item) => KEYS.some((key) => textOf(item, key) === step));
    const index = found < 0 ? items.length : found;
    at = items[index];
    return index;
  });
}

/** Decides a conflict. */
export function decide(root: Json, conflict: Conflict, whose: 'mine' | 'theirs'): Json {
  return put(root, conflict.path, conflict[whose]);
}
