import { copy, isObject, same, type Json } from '../api/json';

/** A place where both sides changed the same value in different ways. */
export interface Conflict {
  pointer: string;
  base: Json | undefined;
  mine: Json | undefined;
  theirs: Json | undefined;
}

export interface Merge {
  /** What both sides changed apart from each other; in conflicts, mine. */
  merged: Json | undefined;
  conflicts: Conflict[];
  /** Where only they changed something: it is taken over. */
  taken: string[];
}

export function escape(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/**
 * Joins two changes of one document. Objects are joined member by member; lists of objects with a `name` or `url` of their
 * own by that, other lists as a whole.
 */
export function merge(base: Json | undefined, mine: Json | undefined, theirs: Json | undefined, at = ''): Merge {
  if (same(mine, theirs) || same(base, theirs)) return { merged: mine, conflicts: [], taken: [] };
  if (isObject(base) && isObject(mine) && isObject(theirs)) return members(base, mine, theirs, at);
  if (same(base, mine)) return { merged: theirs, conflicts: [], taken: [at] };
  if (isObject(mine) && isObject(theirs)) return members({}, mine, theirs, at);
  const key = listKey(base, mine, theirs);
  if (key !== null) return items(base as Json[], mine as Json[], theirs as Json[], key, at);
  return { merged: mine, conflicts: [{ pointer: at, base, mine, theirs }], taken: [] };
}

type Members = { [key: string]: Json };

function members(base: Members, mine: Members, theirs: Members, at: string): Merge {
  const merged: Array<[string, Json]> = [];
  const conflicts: Conflict[] = [];
  const taken: string[] = [];
  for (const key of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
    const one = merge(own(base, key), own(mine, key), own(theirs, key), `${at}/${escape(key)}`);
    if (one.merged !== undefined) merged.push([key, one.merged]);
    conflicts.push(...one.conflicts);
    taken.push(...one.taken);
  }
  // Not by assignment: a member may be named `__proto__`.
  return { merged: Object.fromEntries(merged), conflicts, taken };
}

function own(object: Members, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The member by which the items of all three lists are told apart, if there is one. */
function listKey(...lists: Array<Json | undefined>): string | null {
  if (!lists.every((list) => Array.isArray(list))) return null;
  for (const key of ['name', 'url']) {
    const apart = lists.every((list) => {
      const names = (list as Json[]).map((item) => (isObject(item) ? item[key] : undefined));
      return names.every((name) => typeof name === 'string') && new Set(names).size === names.length;
    });
    if (apart) return key;
  }
  return null;
}

function items(base: Json[], mine: Json[], theirs: Json[], key: string, at: string): Merge {
  const named = (list: Json[]): Members => Object.fromEntries(list.map((item) => [(item as Members)[key] as string, item]));
  const joined = members(named(base), named(mine), named(theirs), at);
  return { ...joined, merged: Object.values(joined.merged as Members) };
}

/** A copy with another value at a pointer; `undefined` removes it. */
export function withValue(document: Json, pointer: string, value: Json | undefined): Json {
  if (pointer === '') return value ?? null;
  const result = copy(document);
  const keys = pointer.slice(1).split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = keys.pop() as string;
  let at: Json | undefined = result;
  for (const key of keys) at = child(at, key);
  if (isObject(at)) {
    if (value === undefined) delete at[last];
    else Object.defineProperty(at, last, { value, enumerable: true, configurable: true, writable: true });
  } else if (Array.isArray(at)) {
    const index = indexOf(at, last);
    if (value === undefined) {
      if (index >= 0) at.splice(index, 1);
    } else if (index >= 0) at[index] = value;
    else at.push(value);
  }
  return result;
}

function child(value: Json | undefined, key: string): Json | undefined {
  if (Array.isArray(value)) return value[indexOf(value, key)];
  return isObject(value) ? own(value, key) : undefined;
}

function indexOf(list: Json[], key: string): number {
  return list.findIndex((item) => isObject(item) && (item.name === key || item.url === key));
}
