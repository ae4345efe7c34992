import { type Document, isMap, isPair, isScalar, isSeq, parseDocument, stringify, type ScalarTag } from 'yaml';
import { isRawNumber, numberOf, type Json, type RawNumber } from '../api/json';

/** Where a text is not YAML, or not what JSON can say. Lines and columns start at 1. */
export interface YamlMistake {
  line: number;
  column: number;
  from: number;
  to: number;
  detail: string;
}

export type Read = { ok: true; value: Json } | { ok: false; mistakes: YamlMistake[] };

const rawNumber: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  identify: isRawNumber,
  resolve: (text) => text,
  test: /^$never/,
  stringify: (item) => (item.value as RawNumber).rawJSON,
};

/** A value as YAML 1.2, which `readYaml` reads back as the same value. */
export function writeYaml(value: Json): string {
  return stringify(value, { version: '1.2', schema: 'core', lineWidth: 100, aliasDuplicateObjects: false, customTags: (tags) => [rawNumber, ...tags] });
}

/** Reads YAML 1.2 (core schema). Numbers keep their spelling; anchors may not multiply a text. */
export function readYaml(text: string): Read {
  const document = parseDocument(text, { version: '1.2', schema: 'core', uniqueKeys: true, prettyErrors: true });
  if (document.errors.length > 0) return { ok: false, mistakes: document.errors.map((error) => mistake(text, error.pos, error.message)) };
  try {
    document.toJS({ maxAliasCount: 100 });
    return { ok: true, value: plain(document, document.contents) };
  } catch (error) {
    return { ok: false, mistakes: [mistake(text, [0, 0], error instanceof Error ? error.message : String(error))] };
  }
}

function plain(document: Document, node: unknown): Json {
  if (isMap(node)) return Object.fromEntries(node.items.map((pair) => (isPair(pair) ? [keyOf(pair.key), plain(document, pair.value)] : ['', null])));
  if (isSeq(node)) return node.items.map((item) => plain(document, item));
  if (isScalar(node)) {
    if (typeof node.value === 'number' && node.source !== undefined && /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(node.source)) return numberOf(node.source);
    if (typeof node.value === 'number' && !Number.isFinite(node.value)) throw new Error(`${String(node.source)} is no number of JSON`);
    return (node.value ?? null) as Json;
  }
  if (node === null || node === undefined) return null;
  return (node as { toJS(document: Document): Json }).toJS(document);
}

function keyOf(key: unknown): string {
  if (isScalar(key)) return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
  throw new Error('a key has to be a text');
}

function mistake(text: string, [from, to]: [number, number], message: string): YamlMistake {
  const before = text.slice(0, from).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, from, to: Math.max(to, from), detail: message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? message };
}
