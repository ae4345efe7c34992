import { get, type Options } from './client';
import { asProblem, isAbort, type Problem } from './problem';

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** A list that is read page by page. */
export class Pages<T> {
  items = $state.raw<T[]>([]);
  /** False until the first page has come. */
  loaded = $state(false);
  loading = $state(false);
  problem = $state<Problem | null>(null);
  next = $state<string | null>(null);
  #abort: AbortController | null = null;
  #path = '';
  #query: Options['query'] = {};

  /** Reads the first page. What is shown stays until it has come. */
  async load(path: string, query: Options['query'] = {}): Promise<void> {
    this.#path = path;
    this.#query = query;
    await this.#read(null);
  }

  async more(): Promise<void> {
    if (this.next !== null && !this.loading) await this.#read(this.next);
  }

  async again(): Promise<void> {
    await this.#read(null);
  }

  /** Ends a request that runs. */
  stop(): void {
    this.#abort?.abort();
  }

  async #read(cursor: string | null): Promise<void> {
    this.stop();
    const abort = new AbortController();
    this.#abort = abort;
    this.loading = true;
    this.problem = null;
    try {
      const page = await get<Page<T>>(this.#path, { query: { ...this.#query, cursor }, signal: abort.signal });
      if (abort.signal.aborted) return;
      this.items = cursor === null ? page.items : [...this.items, ...page.items];
      this.next = page.next_cursor;
      this.loaded = true;
    } catch (error) {
      if (!isAbort(error) && !abort.signal.aborted) this.problem = asProblem(error);
    } finally {
      if (this.#abort === abort) this.loading = false;
    }
  }
}

/** Reads all pages of a short list. */
export async function all<T>(path: string, query: Options['query'] = {}): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await get<Page<T>>(path, { query: { limit: 500, ...query, cursor } });
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return items;
}
