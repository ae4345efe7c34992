// YAML 1.2 (core schema) for the same values. A change of the value changes only the lines that it concerns: comments and
// the style of all others stay.
import { Document, type Node, type ScalarTag, isAlias, isMap, isPair, isScalar, isSeq, parseDocument, visit } from 'yaml';

import type { Mistake, Place, Read } from './parse';
import { DEPTH_MAX } from './parse';
import { printJson } from './print';
import { type Json, Num, equal, identical, isArray, isNumber, isObject } from './value';

/** What the core schema takes for a number. Those that JSON does not have are refused where they stand. */
const NUMBER = /^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

/** Values that a text may stand for by aliases: few lines can name billions. */
const VALUES_MAX = 100_000;

const numbers: ScalarTag = {
  identify: (value) => value instanceof Num,
  default: true,
  tag: 'tag:yaml.org,2002:float',
  test: NUMBER,
  resolve: (text) => new Num(text),
  stringify: (node) => (node.value as Num).text,
};

const OPTIONS = {
  version: '1.2',
  schema: 'failsafe',
  uniqueKeys: true,
  prettyErrors: false,
  strict: true,
  keepSourceTokens: false,
  // Otherwise a second document is not told.
  logLevel: 'error',
} as const;

const words: ScalarTag[] = [
  {
    identify: (value) => value === null,
    default: true,
    tag: 'tag:yaml.org,2002:null',
    test: /^(?:~|[Nn]ull|NULL)?$/,
    resolve: () => null,
    stringify: () => 'null',
  },
  {
    identify: (value) => typeof value === 'boolean',
    default: true,
    tag: 'tag:yaml.org,2002:bool',
    test: /^(?:[Tt]rue|TRUE|[Ff]alse|FALSE)$/,
    resolve: (text) => text.toLowerCase() === 'true',
    stringify: (node) => String(node.value),
  },
];

function parse(text: string): Document.Parsed {
  return parseDocument(text, { ...OPTIONS, customTags: (tags) => [...tags, ...words, numbers] }) as Document.Parsed;
}

class Refused extends Error {
  constructor(
    readonly node: Node | null,
    message: string,
  ) {
    super(message);
  }
}

class Converter {
  readonly places = new Map<string, Place>();
  count = 0;
  /** What anchors stand for, with how many values that is. */
  readonly anchors = new Map<string, { value: Json; count: number }>();

  value(node: unknown, pointer: string, depth: number, key?: Node): Json {
    this.count += 1;
    const before = this.count;
    const found = (node ?? null) as Node | null;
    if (depth > DEPTH_MAX) throw new Refused(found, `nested deeper than ${DEPTH_MAX} levels`);
    if (this.count > VALUES_MAX) throw new Refused(found, `more than ${VALUES_MAX} values, aliases counted`);
    const range = found?.range;
    const own = key?.range ? { key: { from: key.range[0], to: key.range[1] } } : {};
    if (range) this.places.set(pointer, { from: range[0], to: range[1], ...own });
    const value = this.bare(found, pointer, depth);
    const anchor = found !== null && !isAlias(found) ? (found as { anchor?: string }).anchor : undefined;
    if (anchor !== undefined) this.anchors.set(anchor, { value, count: this.count - before + 1 });
    return value;
  }

  bare(node: Node | null, pointer: string, depth: number): Json {
    if (node === null) return null;
    if (isAlias(node)) {
      const target = this.anchors.get(node.source);
      if (!target) throw new Refused(node, `there is no anchor \`${node.source}\` before this`);
      this.count += target.count;
      if (this.count > VALUES_MAX) throw new Refused(node, `more than ${VALUES_MAX} values, aliases counted`);
      return target.value;
    }
    if (isMap(node)) {
      const members = new Map<string, Json>();
      for (const pair of node.items) {
        const key = pair.key as Node | null;
        const name = this.name(key, node);
        if (members.has(name)) throw new Refused(key, `the member \`${name}\` is here twice`);
        const below = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        members.set(name, this.value(pair.value, below, depth + 1, key ?? undefined));
      }
      return members;
    }
    if (isSeq(node)) {
      return node.items.map((item, index) => {
        if (isPair(item)) throw new Refused(node, 'expected a value');
        return this.value(item, `${pointer}/${index}`, depth + 1);
      });
    }
    if (!isScalar(node)) throw new Refused(node, 'expected a value');
    const { value } = node;
    if (value instanceof Num && !isNumber(value.text)) {
      throw new Refused(node, `\`${value.text}\` is no number of JSON: put it in quotes if it is a text`);
    }
    if (value === null || typeof value === 'boolean' || typeof value === 'string' || value instanceof Num) return value;
    throw new Refused(node, 'expected a value of JSON');
  }

  /** Names are texts; of a number or a word its spelling. */
  name(key: Node | null, holder: Node): string {
    if (isScalar(key)) return typeof key.value === 'string' ? key.value : (key.source ?? '');
    throw new Refused(key ?? holder, 'the name of a member is a text');
  }
}

/** Reads one document. */
export function parseYaml(text: string): Read {
  return convert(text).read;
}

function convert(text: string): { document: Document.Parsed; read: Read } {
  const document = parse(text);
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length > 0) return { document, read: { mistakes: wrong.map(mistake) } };
  const converter = new Converter();
  try {
    const value = converter.value(document.contents, '', 0);
    return { document, read: { value, places: converter.places } };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const [from, to] = error.node?.range ?? [0, 0];
    return { document, read: { mistakes: [{ from, to, message: error.message }] } };
  }
}

function mistake(error: { pos: [number, number]; message: string }): Mistake {
  return { from: error.pos[0], to: Math.max(error.pos[1], error.pos[0]), message: error.message };
}

const PRINTED = { lineWidth: 0, blockQuote: 'literal', flowCollectionPadding: false } as const;

/** A value as YAML. */
export function printYaml(value: Json): string {
  const document = parse('');
  document.contents = node(document, value) as typeof document.contents;
  return checked(document.toString(PRINTED), value) ?? `${printJson(value)}\n`;
}

/** A text with as few changes as make it stand for another value. A text that can't be read is printed anew. */
export function patchYaml(text: string, value: Json): string {
  const { document, read } = convert(text);
  if ('mistakes' in read) return printYaml(value);
  if (identical(read.value, value)) return text;
  document.contents = patch(document, document.contents, read.value, value) as typeof document.contents;
  // Whatever an anchor or an odd style does: the text stands for the value, or is not used.
  return checked(document.toString(PRINTED), value) ?? printYaml(value);
}

function checked(text: string, value: Json): string | undefined {
  const read = parseYaml(text);
  return 'value' in read && identical(read.value, value) ? text : undefined;
}

function node(document: Document, value: Json): Node {
  const made = document.createNode(plain(value)) as Node;
  visit(made, {
    Scalar(_, scalar) {
      // Long texts are read on lines.
      if (typeof scalar.value === 'string' && scalar.value.includes('\n')) scalar.type = 'BLOCK_LITERAL';
    },
  });
  return made;
}

/** As `createNode` takes it: a Map is a mapping, and a number stays an object of ours. */
function plain(value: Json): unknown {
  if (isArray(value)) return value.map(plain);
  if (isObject(value)) return new Map([...value].map(([name, one]) => [name, plain(one)]));
  return value;
}

function patch(document: Document, old: Node | null, was: Json, is: Json): Node | null {
  if (old !== null && identical(was, is)) return old;
  if (isMap(old) && isObject(was) && isObject(is)) {
    const pairs = new Map(old.items.map((pair) => [name(pair.key), pair]));
    old.items = [...is].map(([key, value]) => {
      const pair = pairs.get(key);
      if (!pair) return document.createPair(key, plain(value)) as (typeof old.items)[number];
      const before = was.get(key);
      pair.value = (before === undefined ? node(document, value) : patch(document, pair.value as Node | null, before, value)) as Node;
      return pair;
    });
    return old;
  }
  if (isSeq(old) && isArray(was) && isArray(is)) {
    const items = old.items as Node[];
    const used = new Set<number>();
    old.items = is.map((value, index) => {
      // An item that only moved keeps its lines.
      const same = was.findIndex((one, at) => !used.has(at) && equal(one, value));
      if (same >= 0) {
        used.add(same);
        return items[same] as Node;
      }
      const before = was[index];
      if (before === undefined || is.length < was.length || used.has(index)) return node(document, value);
      used.add(index);
      return patch(document, items[index] ?? null, before, value) as Node;
    });
    return old;
  }
  const made = node(document, is);
  if (old?.comment) made.comment = old.comment;
  if (old?.commentBefore) made.commentBefore = old.commentBefore;
  return made;
}

function name(key: unknown): string {
  return isScalar(key) ? (typeof key.value === 'string' ? key.value : (key.source ?? '')) : '';
}
