import type { Json } from '../../api/json';

/** What `POST …/diff` answers. */
export interface Difference {
  changes: Array<{ pointer: string; from?: Json; to?: Json }>;
  saved: string[];
  removed: string[];
  breaks: Array<{ connector: string; pointer: string; detail: string }>;
  review: { connections: number; texts: string[] };
}

/** What callers and connections lose by a change, a sentence each; none where nobody notices. */
export function consequences(difference: Difference): string[] {
  const lines: string[] = [];
  for (const connector of difference.removed) lines.push(`The connector ${connector} is deleted with all its versions.`);
  for (const one of difference.breaks) lines.push(`Callers of ${one.connector} may fail: ${one.pointer === '' ? '' : `${one.pointer}: `}${one.detail}`);
  const { connections, texts } = difference.review;
  if (connections > 0) {
    lines.push(`${connections} ${connections === 1 ? 'connection' : 'connections'} can not be used until an admin accepts: ${texts.join('; ')}`);
  }
  return lines;
}
