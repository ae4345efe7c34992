// What an expression of a script stands for in the input, as far as it can be seen from the text: the parameter of the default
// export, what is taken out of it, and what loops and callbacks go over.
import { type Json, isArray, isObject, member } from '../../json/value';
import { type Property, propertiesOf, resolve } from '../schema/read';

const PARAMETER = /export\s+default\s+(?:async\s+)?(?:function\s*[\w$]*\s*)?\(?\s*(\{[^}]*\}|[A-Za-z_$][\w$]*)/;
const CALLBACKS = 'map|filter|forEach|some|every|find|findIndex|findLast|flatMap|sort';

/** How many names are followed one behind another. */
const STEPS_MAX = 6;

/** The schema of an expression such as `order.lines[0].price`. */
export function schemaOf(root: Json, text: string, expression: string, steps = 0): Json | undefined {
  const parts = expression.replaceAll('?.', '.').match(/[A-Za-z_$][\w$]*|\[[0-9]+\]/g) ?? [];
  const [name, ...path] = parts;
  if (name === undefined || steps > STEPS_MAX) return undefined;
  let found = variable(root, text, name, steps);
  for (const part of path) {
    found = resolve(root, found);
    found = part.startsWith('[') ? items(found) : member(member(found, 'properties'), part);
  }
  return resolve(root, found);
}

/** The properties to offer behind `expression.`. */
export function fieldsOf(root: Json, text: string, expression: string): Property[] {
  return propertiesOf(schemaOf(root, text, expression));
}

/** The names that the default export's parameter may take apart. */
export function fieldsOfParameter(root: Json): Property[] {
  return propertiesOf(resolve(root, root));
}

function variable(root: Json, text: string, name: string, steps: number): Json | undefined {
  const parameter = PARAMETER.exec(text)?.[1];
  if (parameter === name) return root;
  if (parameter?.startsWith('{')) {
    const own = taken(parameter, name);
    if (own !== undefined) return member(member(resolve(root, root), 'properties'), own);
  }
  const word = name.replaceAll('$', '\\$');
  const chain = '([A-Za-z_$][\\w$]*(?:\\??\\.[A-Za-z_$][\\w$]*|\\[[0-9]+\\])*)';
  const over =
    new RegExp(`for\\s*\\(\\s*(?:const|let|var)\\s+${word}\\s+of\\s+${chain}\\s*\\)`).exec(text)?.[1] ??
    new RegExp(`${chain}\\??\\.(?:${CALLBACKS})\\(\\s*(?:async\\s*)?\\(?\\s*${word}\\b`).exec(text)?.[1];
  if (over !== undefined) return items(schemaOf(root, text, over, steps + 1));
  const folded = new RegExp(`${chain}\\??\\.reduce\\(\\s*\\(\\s*[\\w$]+\\s*,\\s*${word}\\b`).exec(text)?.[1];
  if (folded !== undefined) return items(schemaOf(root, text, folded, steps + 1));
  const same = new RegExp(`(?:const|let|var)\\s+${word}\\s*=\\s*${chain}\\s*[;\\n]`).exec(text)?.[1];
  if (same !== undefined && same !== name) return schemaOf(root, text, same, steps + 1);
  const pattern = new RegExp(`(?:const|let|var)\\s+(\\{[^}]*\\b${word}\\b[^}]*\\})\\s*=\\s*${chain}\\s*[;\\n]`).exec(text);
  if (!pattern) return undefined;
  const own = taken(pattern[1] ?? '', name);
  return own === undefined ? undefined : member(member(schemaOf(root, text, pattern[2] ?? '', steps + 1), 'properties'), own);
}

/** The property that a pattern such as `{ id, price: p = 1 }` gives to a name. */
function taken(pattern: string, name: string): string | undefined {
  for (const part of pattern.slice(1, -1).split(',')) {
    const found = /^\s*([A-Za-z_$][\w$]*)\s*(?::\s*([A-Za-z_$][\w$]*))?\s*(?:=.*)?$/s.exec(part);
    if (found && (found[2] ?? found[1]) === name) return found[1];
  }
  return undefined;
}

function items(schema: Json | undefined): Json | undefined {
  const own = member(schema, 'items');
  if (isObject(own) || typeof own === 'boolean') return own;
  const first = member(schema, 'prefixItems');
  return isArray(first) ? first[0] : undefined;
}
