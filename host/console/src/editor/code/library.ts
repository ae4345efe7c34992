// What a script finds in the engine, read from the declarations that editors use outside, so that nothing is offered here
// that is not there.

/** A name that can be completed. */
export interface Entry {
  name: string;
  kind: 'function' | 'class' | 'constant' | 'type';
  /** The declaration on one line. */
  signature: string;
  description: string;
  members: Entry[];
}

export interface Library {
  /** Exports by module. */
  modules: ReadonlyMap<string, Entry[]>;
  globals: Entry[];
}

const HEAD = /(?:\/\*\*((?:[^*]|\*(?!\/))*)\*\/\s*)?(?:export |declare )?(function|class|const|interface)\s+([A-Za-z_$][\w$]*)/g;
const MEMBER = /(?:\/\*\*((?:[^*]|\*(?!\/))*)\*\/\s*)?(?:static |readonly )*([A-Za-z_$][\w$]*)\??\s*(?=[:(<])/g;

/** Reads declarations as `lockgate.d.ts` has them. */
export function library(declarations: string): Library {
  const modules = new Map<string, Entry[]>();
  let rest = declarations;
  for (;;) {
    const found = /declare module "([^"]+)" \{/.exec(rest);
    if (!found) break;
    const from = found.index + found[0].length;
    const to = closing(rest, from);
    modules.set(found[1] ?? '', entries(rest.slice(from, to), /\bexport (?:function|class|const|interface)/));
    rest = rest.slice(0, found.index) + rest.slice(to + 1);
  }
  return { modules, globals: entries(rest, /\bdeclare (?:function|class|const)/) };
}

/** Where the brace closes that was opened before a position. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return text.length;
}

function entries(text: string, shown: RegExp): Entry[] {
  const found = new Map<string, Entry>();
  HEAD.lastIndex = 0;
  for (let match = HEAD.exec(text); match; match = HEAD.exec(text)) {
    const [whole, comment, word, name] = match;
    if (!name || !shown.test(whole) || found.has(name)) continue;
    const start = match.index + whole.length - name.length;
    found.set(name, {
      name,
      kind: word === 'function' || word === 'class' ? word : word === 'interface' ? 'type' : 'constant',
      signature: signature(text, start),
      description: plain(comment),
      members: word === 'function' ? [] : membersAt(text, match.index + whole.length),
    });
  }
  return [...found.values()];
}

/** From a name to the end of its declaration, without a body. */
function signature(text: string, from: number): string {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const sign = text[at] ?? '';
    if ('([<'.includes(sign)) depth += 1;
    if (')]'.includes(sign) || (sign === '>' && text[at - 1] !== '=')) depth -= 1;
    if (sign === ';' || (sign === '{' && depth <= 0)) return text.slice(from, at).replace(/\s+/g, ' ').trim();
  }
  return text.slice(from).replace(/\s+/g, ' ').trim();
}

function membersAt(text: string, from: number): Entry[] {
  const open = text.slice(from).search(/[{;]/);
  if (open < 0 || text[from + open] === ';') return [];
  const start = from + open + 1;
  return members(text.slice(start, closing(text, start)));
}

function members(body: string): Entry[] {
  const found = new Map<string, Entry>();
  let at = 0;
  while (at < body.length) {
    MEMBER.lastIndex = at;
    const match = MEMBER.exec(body);
    if (!match) break;
    const [whole, comment, name] = match;
    const start = match.index + whole.length - (name?.length ?? 0);
    const end = endOfMember(body, start);
    if (name && name !== 'constructor' && !found.has(name)) {
      const text = body.slice(start, end);
      const inner = /^[\w$]+\??:\s*\{/.test(text) ? members(text.slice(text.indexOf('{') + 1, -1)) : [];
      const kind = /^[\w$]+\??\s*[(<]/.test(text) ? 'function' : 'constant';
      found.set(name, { name, kind, signature: text.replace(/\s+/g, ' ').trim(), description: plain(comment), members: inner });
    }
    at = end + 1;
  }
  return [...found.values()];
}

function endOfMember(body: string, from: number): number {
  let depth = 0;
  for (let at = from; at < body.length; at += 1) {
    const sign = body[at] ?? '';
    if ('({['.includes(sign)) depth += 1;
    if (')}]'.includes(sign)) depth -= 1;
    if (sign === ';' && depth === 0) return at;
  }
  return body.length;
}

function plain(comment: string | undefined): string {
  return (comment ?? '')
    .replace(/\{@link (\w+)\}/g, '$1')
    .replace(/\s*\n\s*\*?\s*/g, ' ')
    .trim();
}
