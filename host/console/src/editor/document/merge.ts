// Three versions of one document: what both began with, what was saved meanwhile, and what was written here. Changes at
// different places are put together; a place that both changed is for a person to decide.
import { remove, set } from '../json/path';
import { type Json, type Path, equal, isObject } from '../json/value';

/** A place that both changed, in different ways. A value that is absent was taken away. */
export interface Conflict {
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

export function merge(base: Json, theirs: Json, mine: Json): Merged {
  const found: Merged = { value: mine, conflicts: [], taken: [] };
  walk(found, [], base, theirs, mine);
  return found;
}

function walk(found: Merged, path: Path, base: Json | undefined, theirs: Json | undefined, mine: Json | undefined): void {
  if (equal(theirs, mine) || equal(base, theirs)) return;
  if (equal(base, mine)) {
    found.value = put(found.value, path, theirs);
    found.taken.push(path);
    return;
  }
  if (isObject(theirs) && isObject(mine) && (isObject(base) || base === undefined)) {
    const names = new Set([...mine.keys(), ...theirs.keys(), ...(base?.keys() ?? [])]);
    for (const name of names) walk(found, [...path, name], base?.get(name), theirs.get(name), mine.get(name));
    return;
  }
  found.conflicts.push({ path, base, theirs, mine });
}

/** Sets a place, or takes it away. */
export function put(root: Json, path: Path, value: Json | undefined): Json {
  return value === undefined ? remove(root, path) : set(root, path, value);
}

/** Decides a conflict. */
export function decide(root: Json, conflict: Conflict, whose: 'mine' | 'theirs'): Json {
  return put(root, conflict.path, conflict[whose]);
}
