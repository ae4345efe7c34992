import { send } from './client';
import { asProblem, isAbort, type Problem } from './problem';

/** One object of the host, with its ETag. */
export class Resource<T> {
  value = $state.raw<T | null>(null);
  etag = $state<string | null>(null);
  loading = $state(false);
  problem = $state<Problem | null>(null);
  #abort: AbortController | null = null;
  #path: string | null = null;

  /** Reads it. Another path forgets what was there; the same path keeps it until the answer is here. */
  async load(path: string): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    if (path !== this.#path) {
      this.value = null;
      this.etag = null;
    }
    this.#path = path;
    this.loading = true;
    this.problem = null;
    try {
      const answer = await send<T>('GET', path, { signal: abort.signal });
      if (abort.signal.aborted) return;
      this.set(answer.data, answer.etag);
    } catch (error) {
      if (!isAbort(error) && !abort.signal.aborted) this.problem = asProblem(error);
    } finally {
      if (this.#abort === abort) this.loading = false;
    }
  }

  async again(): Promise<void> {
    if (this.#path !== null) await this.load(this.#path);
  }

  /** Takes what a change answered. */
  set(value: T, etag: string | null): void {
    this.value = value;
    this.etag = etag;
  }
}
