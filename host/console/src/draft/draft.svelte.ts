import { copy, parseJson, same, type Json } from '../api/json';
import { fromPlain, toPlain } from '../json/plain';
import { guards } from '../router/guard.svelte';
import { History } from './history';

interface Kept {
  base: Json;
  etag: string | null;
  current: Json;
}

/**
 * A definition as a person edits it: what was read, what it is now, and the ETag that it was read with. It is kept for the
 * tab until it is saved or discarded, so that neither a restart of the browser's tab nor an ended session loses it. Not for
 * secrets.
 */
export class Draft<T extends Json> {
  base = $state.raw<T>(null as T);
  current = $state<T>(null as T);
  etag = $state<string | null>(null);
  /** Whether it was found again from before. */
  restored = $state(false);
  /** Counts how often it was discarded, so that views with a text of their own begin anew. */
  discards = $state(0);
  #key: string;
  #history: History;
  #remove: () => void;

  constructor(key: string, value: T, etag: string | null) {
    this.#key = `lockgate.draft:${key}`;
    this.#history = new History(fromPlain(value));
    this.reset(value, etag, false);
    const kept = this.#read();
    if (kept !== null && !same(kept.current, value)) {
      this.base = kept.base as T;
      this.current = kept.current as T;
      this.etag = kept.etag;
      this.restored = true;
      this.#history.reset(fromPlain(kept.current));
    }
    this.#remove = guards.add(() => this.dirty);
  }

  get dirty(): boolean {
    return !same(copy(this.current), this.base);
  }

  /** Starts from a value anew. */
  reset(value: T, etag: string | null, forget = true): void {
    this.base = copy(value);
    this.current = copy(value);
    this.etag = etag;
    this.restored = false;
    this.#history.reset(fromPlain(value));
    if (forget) this.#drop();
  }

  /** Starts from a value anew, without what was typed. */
  discard(value: T, etag: string | null): void {
    this.reset(value, etag);
    this.keepText(null);
    this.discards += 1;
  }

  /** Keeps a text of the definition that can't be read yet. */
  keepText(text: string | null): void {
    try {
      if (text === null) sessionStorage.removeItem(`${this.#key}:text`);
      else sessionStorage.setItem(`${this.#key}:text`, text);
    } catch {
      // There is no storage.
    }
  }

  keptText(): string | null {
    try {
      return sessionStorage.getItem(`${this.#key}:text`);
    } catch {
      return null;
    }
  }

  /** Notes a change as a step to go back. Called when the value has changed. */
  record(): void {
    this.#history.record(fromPlain(this.current));
  }

  /** Goes to the definition before the last change, or forth again; false where there is none. */
  step(which: 'undo' | 'redo'): boolean {
    const value = which === 'undo' ? this.#history.undo() : this.#history.redo();
    if (value === null) return false;
    this.current = toPlain(value) as T;
    return true;
  }

  /** Keeps what is typed. Called when it changes. */
  keep(): void {
    if (!this.dirty) return this.#drop();
    const kept: Kept = { base: this.base, etag: this.etag, current: copy(this.current) };
    try {
      sessionStorage.setItem(this.#key, JSON.stringify(kept));
    } catch {
      // The storage is full or forbidden: leaving still asks.
    }
  }

  /** No longer guards the page. What was typed stays kept unless it was discarded. */
  close(): void {
    this.#remove();
  }

  #read(): Kept | null {
    try {
      const text = sessionStorage.getItem(this.#key);
      return text === null ? null : (parseJson(text) as unknown as Kept);
    } catch {
      return null;
    }
  }

  #drop(): void {
    try {
      sessionStorage.removeItem(this.#key);
    } catch {
      // Nothing was kept.
    }
  }
}

/** Forgets every draft of this tab: another person may sign in. */
export function forgetDrafts(): void {
  try {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith('lockgate.draft:')) sessionStorage.removeItem(key);
    }
  } catch {
    // There is no storage.
  }
}
