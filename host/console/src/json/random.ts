// Values and schemas by chance, for tests: from a seed, so that a failure can be repeated.
import { type Json, Num } from './value';

const TEXTS = [
  '', 'a', ' a ', 'true', 'null', '~', '1.10', '0x1F', '01', '-', '- a', 'a: b', '#x', 'a #b', '"', "'", '\\', '{{id}}', '[', '{a}', '*a', '&a', '!a', '%a', '@a', '`a`',
  'two\nlines', 'two\nlines\n', '\nfirst', '  indented\nless', 'end \n', 'a\tb', '\u001b[31mred', '\u202eevil', '\u2028', '\ud800', '😀', '<img src=x onerror=alert(1)>', 'yes', 'NO', '1_000',
  '2026-11-29', '---', '...', '? a', '| a', '> a', '.inf', '-.5', '1e3', '\r\n', 'x'.repeat(300), 'a\n\n\nb', '__proto__', '10',
];
const NUMBERS = ['0', '-0', '1', '1.10', '1e400', '12345678901234567890123', '-1.5E-7', '0.1', '1E5', '10.0'];

export class Random {
  constructor(private state: number) {}

  /** A whole number below a bound (mulberry32). */
  below(bound: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  value(depth = 4): Json {
    const kind = this.below(depth > 0 ? 7 : 4);
    if (kind === 0) return this.of([null, true, false]);
    if (kind === 1) return new Num(this.of(NUMBERS));
    if (kind < 4) return this.of(TEXTS);
    if (kind === 4) return Array.from({ length: this.below(4) }, () => this.value(depth - 1));
    return new Map(Array.from({ length: this.below(5) }, () => [this.of(TEXTS), this.value(depth - 1)]));
  }

  schema(depth = 3): Json {
    if (this.below(12) === 0) return this.below(2) === 0;
    const schema = new Map<string, Json>();
    if (this.below(2) === 0) schema.set('description', this.of(TEXTS));
    if (this.below(5) === 0) schema.set(this.of(['x-own', 'if', 'contentEncoding', 'dependentRequired']), this.value(2));
    const type = this.of(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'] as const);
    schema.set('type', this.below(5) === 0 ? [type, 'null'] : type);
    if (type === 'object' && depth > 0) {
      const names = Array.from({ length: this.below(4) }, () => this.of(TEXTS));
      schema.set('properties', new Map(names.map((name) => [name, this.schema(depth - 1)])));
      schema.set('required', names.filter(() => this.below(2) === 0));
    }
    if (type === 'array' && depth > 0) schema.set('items', this.schema(depth - 1));
    if (type === 'number') schema.set('minimum', new Num(this.of(NUMBERS)));
    if (this.below(6) === 0) schema.set('default', this.value(1));
    if (this.below(6) === 0) schema.set('enum', [this.value(1), this.value(1)]);
    if (this.below(8) === 0) schema.set('$ref', '#/$defs/a');
    return schema;
  }
}
