// Completion of scripts: the library of the engine, and the fields of the input.
import type { Completion, CompletionContext, CompletionSource } from '@codemirror/autocomplete';

import declarations from '../../../../../guest-sdk/javascript/lockgate.d.ts?raw';
import { type Json, textOf } from '../../json/value';
import { type Property, summary } from '../schema/read';
import { fieldsOf, fieldsOfParameter } from './input';
import { type Entry, library } from './library';

const known = library(declarations);

const CHAIN = /[A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*|\[[0-9]+\])*\??\.[\w$]*$/;
const IMPORTED = /import\s*\{([^}]*)$/;
const MODULE = /from\s*["']([^"']*)$/;
const NAME = /^[A-Za-z_$][\w$]*$/;

/** Of a script whose input has this schema at the moment. */
export function completions(input: () => Json): CompletionSource {
  return (context) => complete(context, input());
}

function complete(context: CompletionContext, schema: Json): ReturnType<CompletionSource> {
  const { state, pos } = context;
  const line = state.doc.lineAt(pos);
  const before = state.sliceDoc(line.from, pos);
  const module = MODULE.exec(before);
  if (module) {
    const options = [...known.modules.keys()].map((label) => ({ label, type: 'namespace' }));
    return { from: pos - (module[1]?.length ?? 0), options, validFor: /^[^"']*$/ };
  }
  const word = context.matchBefore(/[\w$]*/);
  const from = word?.from ?? pos;
  const imported = IMPORTED.exec(before);
  if (imported) {
    const source = /from\s*["']([^"']+)["']/.exec(state.sliceDoc(pos, line.to))?.[1];
    const modules = source === undefined ? [...known.modules.values()].flat() : (known.modules.get(source) ?? []);
    return { from, options: modules.filter((entry) => entry.kind !== 'type').map(shown), validFor: /^[\w$]*$/ };
  }
  const text = state.doc.toString();
  const chain = CHAIN.exec(before)?.[0];
  if (chain !== undefined) {
    const expression = chain.slice(0, chain.lastIndexOf('.')).replace(/\?$/, '');
    const options = [...fieldsOf(schema, text, expression).map((one) => field(schema, one)), ...membersOf(text, expression).map(shown)];
    return options.length > 0 ? { from, options, validFor: /^[\w$]*$/ } : null;
  }
  if ((word?.text ?? '') === '' && !context.explicit) return null;
  // Within the pattern of the parameter the fields of the input are names.
  if (/export\s+default\s+(?:async\s+)?(?:function\s*[\w$]*\s*)?\(?\s*\{[^}]*$/.test(state.sliceDoc(Math.max(0, pos - 2000), pos))) {
    return { from, options: fieldsOfParameter(schema).map((one) => field(schema, one)), validFor: /^[\w$]*$/ };
  }
  return { from, options: known.globals.map(shown), validFor: /^[\w$]*$/ };
}

/** Members of what the engine has, and of the second parameter. */
function membersOf(text: string, expression: string): Entry[] {
  const [first, ...path] = expression.split('.');
  const context = /export\s+default\s+(?:async\s+)?(?:function\s*[\w$]*\s*)?\(\s*(?:\{[^}]*\}|[\w$]+)(?:\s*:[^,)]*)?\s*,\s*([\w$]+)/.exec(text)?.[1];
  const modules = [...known.modules.values()].flat();
  let entries: Entry[];
  if (first === context) {
    const facts = modules.find((entry) => entry.name === 'Context')?.members ?? [];
    entries = [...facts, ...(modules.find((entry) => entry.name === 'Ctx')?.members ?? [])];
  } else {
    const imported = new RegExp(`import\\s*\\{[^}]*\\b${(first ?? '').replaceAll('$', '\\$')}\\b[^}]*\\}`).test(text);
    const global = known.globals.find((entry) => entry.name === first);
    const own = imported ? modules.find((entry) => entry.name === first) : global;
    entries = own?.kind === 'constant' ? own.members : [];
  }
  for (const name of path) entries = entries.find((entry) => entry.name === name)?.members ?? [];
  return entries;
}

function shown(entry: Entry): Completion {
  const type = { function: 'function', class: 'class', constant: 'variable', type: 'type' }[entry.kind];
  const info = [entry.signature, entry.description].filter(Boolean).join('\n\n');
  return { label: entry.name, type, info: () => textNode(info) };
}

function field(root: Json, property: Property): Completion {
  const description = textOf(property.schema, 'description');
  const detail = `${summary(root, property.schema)}${property.required ? '' : ', optional'}`;
  const apply = NAME.test(property.name) ? property.name : undefined;
  return {
    label: property.name,
    type: 'property',
    detail,
    boost: 10,
    ...(apply === undefined ? {} : { apply }),
    ...(description === undefined ? {} : { info: () => textNode(description) }),
  };
}

/** Descriptions are a stranger's text: never markup. */
function textNode(text: string): HTMLElement {
  const element = document.createElement('div');
  element.style.whiteSpace = 'pre-wrap';
  element.textContent = text;
  return element;
}
