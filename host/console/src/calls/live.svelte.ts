import { get } from '../api/client';
import type { Page } from '../api/pages.svelte';
import { asProblem, isAbort, type Problem } from '../api/problem';
import type { Call } from '../api/types';

const EVERY_MS = 2000;
/** So many lines stay, so that a busy scope does not fill the page. */
const KEPT = 500;

/** The newest calls, asked for again and again while somebody looks. */
export class Live {
  items = $state.raw<Call[]>([]);
  running = $state(false);
  problem = $state<Problem | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #abort: AbortController | null = null;

  start(path: string, query: Record<string, string | null>, from: Call[]): void {
    this.stop();
    this.items = from;
    this.running = true;
    this.#next(path, query, 0);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.running = false;
  }

  #next(path: string, query: Record<string, string | null>, failures: number): void {
    this.#timer = setTimeout(async () => {
      let failed = failures;
      // A page that nobody sees asks for nothing.
      if (!document.hidden) {
        this.#abort = new AbortController();
        try {
          const page = await get<Page<Call>>(path, { query: { ...query, limit: 100 }, signal: this.#abort.signal });
          this.items = joined(page.items, this.items);
          this.problem = null;
          failed = 0;
        } catch (error) {
          if (isAbort(error)) return;
          this.problem = asProblem(error);
          failed += 1;
        }
      }
      if (this.running) this.#next(path, query, failed);
    }, EVERY_MS * Math.min(2 ** failures, 16));
  }
}

/** New records before the known ones. */
export function joined(newer: Call[], known: Call[]): Call[] {
  const ids = new Set(known.map((call) => call.id));
  const fresh = newer.filter((call) => !ids.has(call.id));
  return fresh.length === 0 ? known : [...fresh, ...known].slice(0, KEPT);
}
