// A reader of JSON that keeps the spelling of numbers and the order of members, and knows where everything stands.
import { type Json, Num } from './value';

/** A mistake in a text, from one position to another, in UTF-16 units. */
export interface Mistake {
  from: number;
  to: number;
  message: string;
}

/** Where a value stands, and the name of the member that it is. */
export interface Place {
  from: number;
  to: number;
  key?: { from: number; to: number };
}

/** What was read, with the place of each value by its JSON pointer; or the first mistake. */
export type Read = { value: Json; places: ReadonlyMap<string, Place> } | { mistakes: Mistake[] };

/** The host reads no deeper either. */
export const DEPTH_MAX = 127;

class Refused extends Error {
  constructor(
    readonly from: number,
    readonly to: number,
    message: string,
  ) {
    super(message);
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /[\w.+-]+/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const BLANK = /[ \t\n\r]*/y;
const ESCAPES: Record<string, string> = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

class Reader {
  at = 0;
  readonly places = new Map<string, Place>();

  constructor(
    readonly text: string,
    readonly placing: boolean,
  ) {}

  blanks(): void {
    this.match(BLANK);
  }

  match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.at += found.length;
    return found;
  }

  refuse(message: string, from = this.at, to = this.at + 1): never {
    throw new Refused(Math.min(from, this.text.length), Math.min(Math.max(to, from), this.text.length), message);
  }

  expect(sign: string, before: string): void {
    if (this.text[this.at] !== sign) this.refuse(`expected \`${sign}\` ${before}`);
    this.at += 1;
  }

  value(pointer: string, depth: number, key?: { from: number; to: number }): Json {
    if (depth > DEPTH_MAX) this.refuse(`nested deeper than ${DEPTH_MAX} levels`);
    const from = this.at;
    const value = this.bare(pointer, depth);
    if (this.placing) this.places.set(pointer, { from, to: this.at, ...(key ? { key } : {}) });
    return value;
  }

  bare(pointer: string, depth: number): Json {
    const sign = this.text[this.at];
    if (sign === '{') return this.object(pointer, depth);
    if (sign === '[') return this.array(pointer, depth);
    if (sign === '"') return this.string();
    const number = this.match(NUMBER);
    const from = this.at - number.length;
    if (number !== '') {
      const rest = this.match(WORD);
      if (rest !== '') this.refuse(`\`${number}${rest}\` is no number of JSON`, from, this.at);
      return new Num(number);
    }
    const word = this.match(WORD);
    if (word === 'true') return true;
    if (word === 'false') return false;
    if (word === 'null') return null;
    if (this.at >= this.text.length && word === '') this.refuse('expected a value, and the text ends', from, from);
    const what = word === '' ? `\`${sign}\`` : `\`${word}\``;
    return this.refuse(`expected a value, found ${what}`, from, Math.max(this.at, from + 1));
  }

  object(pointer: string, depth: number): Json {
    const members = new Map<string, Json>();
    this.at += 1;
    this.blanks();
    if (this.text[this.at] === '}') {
      this.at += 1;
      return members;
    }
    for (;;) {
      this.blanks();
      const from = this.at;
      if (this.text[this.at] !== '"') this.refuse('expected the name of a member in quotes');
      const name = this.string();
      const key = { from, to: this.at };
      if (members.has(name)) this.refuse(`the member \`${name}\` is here twice`, from, this.at);
      this.blanks();
      this.expect(':', 'behind the name of a member');
      this.blanks();
      const below = this.placing ? `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` : '';
      members.set(name, this.value(below, depth + 1, key));
      this.blanks();
      if (this.text[this.at] === '}') break;
      this.expect(',', 'or `}`');
    }
    this.at += 1;
    return members;
  }

  array(pointer: string, depth: number): Json {
    const items: Json[] = [];
    this.at += 1;
    this.blanks();
    if (this.text[this.at] === ']') {
      this.at += 1;
      return items;
    }
    for (;;) {
      this.blanks();
      items.push(this.value(this.placing ? `${pointer}/${items.length}` : '', depth + 1));
      this.blanks();
      if (this.text[this.at] === ']') break;
      this.expect(',', 'or `]`');
    }
    this.at += 1;
    return items;
  }

  string(): string {
    const from = this.at;
    this.at += 1;
    let text = '';
    for (;;) {
      text += this.match(PLAIN);
      const sign = this.text[this.at];
      if (sign === '"') break;
      if (sign !== '\\') {
        if (sign === undefined || sign === '\n' || sign === '\r') this.refuse('this text has no end', from, this.at);
        this.refuse('a control character stands in a text: write it as an escape');
      }
      text += this.escape();
    }
    this.at += 1;
    return text;
  }

  escape(): string {
    const sign = this.text[this.at + 1] ?? '';
    const plain = ESCAPES[sign];
    if (plain !== undefined) {
      this.at += 2;
      return plain;
    }
    const digits = this.text.slice(this.at + 2, this.at + 6);
    if (sign !== 'u' || !/^[0-9a-fA-F]{4}$/.test(digits)) this.refuse('no escape of JSON', this.at, this.at + 2);
    this.at += 6;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }
}

/** Reads a text. Without `places` it takes less memory, for what is only shown. */
export function parseJson(text: string, places = true): Read {
  const reader = new Reader(text, places);
  try {
    reader.blanks();
    const value = reader.value('', 0);
    reader.blanks();
    if (reader.at < text.length) reader.refuse('something stands behind the value');
    return { value, places: reader.places };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { mistakes: [{ from: error.from, to: error.to, message: error.message }] };
  }
}
