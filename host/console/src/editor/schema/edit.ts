// Changes of a schema. Each gives a new document and leaves all else as it was written.
import { get, remove, rename, set } from '../../json/path';
import { type Json, type Path, isArray, isObject, member } from '../../json/value';
import { OF_TYPE, type Type } from './keywords';
import { requiredOf, typesOf } from './read';

/** Sets a keyword of the schema at a place; without a value it takes it away. */
export function setKeyword(root: Json, path: Path, name: string, value: Json | undefined): Json {
  const schema = get(root, path);
  // `true` says nothing, as `{}` does: a keyword can be added to it.
  const open = schema === true || schema === undefined ? set(root, path, new Map()) : root;
  return value === undefined ? remove(open, [...path, name]) : set(open, [...path, name], value);
}

/** Sets the types, and takes keywords away that only concerned a type that is gone. */
export function setTypes(root: Json, path: Path, types: readonly Type[]): Json {
  const before = typesOf(get(root, path));
  const one = types[0];
  let next = setKeyword(root, path, 'type', one === undefined ? undefined : types.length === 1 ? one : types);
  const kept = new Set(types.flatMap((type) => OF_TYPE[type].map((keyword) => keyword.name)));
  for (const type of before.filter((one) => types.length > 0 && !types.includes(one))) {
    const structure = type === 'object' ? ['properties', 'required', 'additionalProperties'] : type === 'array' ? ['items'] : [];
    for (const name of [...OF_TYPE[type].map((keyword) => keyword.name).filter((one) => !kept.has(one)), ...structure]) {
      next = remove(next, [...path, name]);
    }
  }
  return next;
}

/** A name that no property has yet. */
export function freeName(schema: Json | undefined, wanted = 'field'): string {
  const own = member(schema, 'properties');
  if (!isObject(own) || !own.has(wanted)) return wanted;
  let number = 2;
  while (own.has(`${wanted}_${number}`)) number += 1;
  return `${wanted}_${number}`;
}

export function addProperty(root: Json, path: Path, name: string, schema: Json = new Map([['type', 'string']])): Json {
  let next = typesOf(get(root, path)).includes('object') ? root : setKeyword(root, path, 'type', 'object');
  if (!isObject(get(next, [...path, 'properties']))) next = setKeyword(next, path, 'properties', new Map());
  return set(next, [...path, 'properties', name], schema);
}

/** Also in `required`. A name that is taken changes nothing. */
export function renameProperty(root: Json, path: Path, old: string, name: string): Json {
  const schema = get(root, path);
  if (old === name || get(schema, ['properties', name]) !== undefined) return root;
  const next = rename(root, [...path, 'properties', old], name);
  const required = requiredOf(schema);
  return required.includes(old) ? setRequired(next, path, required.map((one) => (one === old ? name : one))) : next;
}

export function removeProperty(root: Json, path: Path, name: string): Json {
  const required = requiredOf(get(root, path)).filter((one) => one !== name);
  return setRequired(remove(root, [...path, 'properties', name]), path, required);
}

/** Makes a property required, or lets callers leave it out. */
export function requireProperty(root: Json, path: Path, name: string, required: boolean): Json {
  const before = requiredOf(get(root, path)).filter((one) => one !== name);
  return setRequired(root, path, required ? [...before, name] : before);
}

function setRequired(root: Json, path: Path, names: readonly string[]): Json {
  const present = member(get(root, path), 'required');
  if (names.length === 0 && !isArray(present)) return root;
  return setKeyword(root, path, 'required', names.length === 0 ? undefined : names);
}
