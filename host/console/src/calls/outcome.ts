import type { Call } from '../api/types';

/** What came of a call, in a word or two. */
export function outcome(call: Pick<Call, 'outcome' | 'failure'>): { tone: 'good' | 'warn' | 'bad' | 'idle'; text: string } {
  if (call.outcome === 'ok') return { tone: 'good', text: 'ok' };
  if (call.outcome === 'gone') return { tone: 'idle', text: 'the caller left' };
  // The connector's own failures are answers, not faults.
  if (call.failure !== null && call.failure !== undefined) return { tone: 'warn', text: call.failure };
  return { tone: 'bad', text: call.outcome };
}

/** The page of a code. */
export function pageOf(code: string): string | null {
  return /^LG\d{4}$/.test(code) ? `https://github.com/lockgate/lockgate/blob/main/docs/errors/${code}.md` : null;
}
