// JSON as text. What a reader could not see, or would see at another place, is written as an escape.
import { type Json, Num, isArray } from './value';

/** Control characters, marks of direction, blanks without width and separators of lines. */
const UNSEEN = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

function escape(text: string): string {
  return text.replace(UNSEEN, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export function printText(text: string): string {
  return escape(JSON.stringify(text));
}

/** On several lines, or on one with `indent` 0. */
export function printJson(value: Json, indent = 2): string {
  const parts: string[] = [];
  write(parts, value, indent, '\n');
  return parts.join('');
}

function write(parts: string[], value: Json, indent: number, line: string): void {
  if (value === null || typeof value === 'boolean') parts.push(String(value));
  else if (typeof value === 'string') parts.push(printText(value));
  else if (value instanceof Num) parts.push(value.text);
  else {
    const list = isArray(value);
    const entries: Iterable<[string | number, Json]> = list ? value.entries() : (value as ReadonlyMap<string, Json>);
    const below = line + ' '.repeat(indent);
    let first = true;
    parts.push(list ? '[' : '{');
    for (const [name, one] of entries) {
      if (!first) parts.push(',');
      if (indent > 0) parts.push(below);
      first = false;
      if (!list) parts.push(printText(String(name)), indent > 0 ? ': ' : ':');
      write(parts, one, indent, below);
    }
    if (!first && indent > 0) parts.push(line);
    parts.push(list ? ']' : '}');
  }
}

/** A text of a stranger for showing: what can't be seen is written as in JSON, but for line breaks and tabulators. */
export function visible(text: string): string {
  return escape(text).replace(/[\u0000-\u0008\u000b-\u001f]/g, (sign) =>
    sign === '\r' ? '' : `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
