// Mistakes of a text as an editor shows them: from what the host says of a script or a statement, and of places in a
// document.
import type { Violation } from '../../api/problem';
import { locate, type TextView } from '../document/views';
import type { Mistake } from '../../json/parse';

const AT = /^line ([0-9]+), column ([0-9]+): (.*)$/s;

/** The position of a line and column, both from 1. What is beyond the text is its end. */
export function position(text: string, line: number, column: number): number {
  let from = 0;
  for (let number = 1; number < line; number += 1) {
    const next = text.indexOf('\n', from);
    if (next < 0) return text.length;
    from = next + 1;
  }
  const end = text.indexOf('\n', from);
  return Math.min(from + Math.max(column - 1, 0), end < 0 ? text.length : end);
}

/** What the host says of a text, at the line and column that it names, or at the beginning. */
export function ofText(text: string, violations: readonly Violation[]): Mistake[] {
  return violations.map(({ detail }) => {
    const found = AT.exec(detail);
    const from = found ? position(text, Number(found[1]), Number(found[2])) : 0;
    const word = /^[\w$]+|^\S?/.exec(text.slice(from))?.[0].length ?? 0;
    return { from, to: from + word, message: found?.[3] ?? detail };
  });
}

/** What the host says of places in a document, where they stand in its text. */
export function ofDocument(view: TextView, text: string, violations: readonly Violation[]): Mistake[] {
  return violations.map(({ pointer, detail }) => {
    const place = locate(view, text, pointer);
    const { from, to } = place?.key ?? place ?? { from: 0, to: 0 };
    return { from, to, message: `${pointer === '' ? 'the document' : pointer}: ${detail}` };
  });
}
