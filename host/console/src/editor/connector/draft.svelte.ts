// A definition that somebody works on. It is kept for the tab until it is saved or discarded.
import { History } from '../../draft/history';
import { guards } from '../../router/guard.svelte';
import { parseJson } from '../../json/parse';
import { printJson } from '../../json/print';
import { type Json, identical, member } from '../../json/value';

export class DefinitionDraft {
  /** What it began with. */
  base = $state.raw<Json>(null);
  current = $state.raw<Json>(null);
  etag = $state<string | null>(null);
  /** Whether it was found again from before. */
  restored = $state(false);
  /** Texts that can't be read: what stands in them is in no definition yet. */
  broken = $state.raw<ReadonlySet<string>>(new Set());
  readonly #key: string;
  readonly #history: History;
  readonly #remove: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(key: string, value: Json, etag: string | null) {
    this.#key = `lockgate.draft:${key}`;
    this.base = value;
    this.current = value;
    this.etag = etag;
    const kept = this.#read();
    if (kept !== null && !identical(kept.current, value)) {
      this.base = kept.base;
      this.current = kept.current;
      this.etag = kept.etag;
      this.restored = true;
    }
    this.#history = new History(this.current);
    const unguard = guards.add(() => this.dirty);
    // A page that goes away waits for no timer.
    const leaves = () => this.keep();
    addEventListener('pagehide', leaves);
    this.#remove = () => {
      unguard();
      removeEventListener('pagehide', leaves);
    };
  }

  get dirty(): boolean {
    return this.broken.size > 0 || !identical(this.current, this.base);
  }

  change(value: Json): void {
    this.#history.record(value);
    this.current = value;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.keep(), 200);
  }

  /** Goes to the document before the last change, or forth again; false where there is none. */
  step(which: 'undo' | 'redo'): boolean {
    const value = which === 'undo' ? this.#history.undo() : this.#history.redo();
    if (value === null) return false;
    this.change(value);
    return true;
  }

  /** Notes whether a text of the editor can't be read. */
  mark(name: string, broken: boolean): void {
    const next = new Set(this.broken);
    if (broken) next.add(name);
    else next.delete(name);
    this.broken = next;
  }

  /** What was saved is what it begins with now. */
  saved(value: Json, etag: string | null): void {
    this.base = value;
    this.current = value;
    this.etag = etag;
    this.restored = false;
    this.broken = new Set();
    this.#history.reset(value);
    this.#drop();
  }

  /** Goes on from another saved version, with what was written here put into it. */
  rebase(base: Json, etag: string | null, current: Json): void {
    this.base = base;
    this.etag = etag;
    this.change(current);
  }

  keep(): void {
    clearTimeout(this.#timer);
    if (identical(this.current, this.base)) return this.#drop();
    const kept = new Map<string, Json>([['base', this.base], ['etag', this.etag], ['current', this.current]]);
    try {
      sessionStorage.setItem(this.#key, printJson(kept, 0));
    } catch {
      // The storage is full or forbidden: leaving still asks.
    }
  }

  discard(): void {
    this.saved(this.base, this.etag);
  }

  close(): void {
    if (this.dirty) this.keep();
    clearTimeout(this.#timer);
    this.#remove();
  }

  #read(): { base: Json; etag: string | null; current: Json } | null {
    try {
      const read = parseJson(sessionStorage.getItem(this.#key) ?? '', false);
      if ('mistakes' in read) return null;
      const [base, current, etag] = [member(read.value, 'base'), member(read.value, 'current'), member(read.value, 'etag')];
      if (base === undefined || current === undefined) return null;
      return { base, current, etag: typeof etag === 'string' ? etag : null };
    } catch {
      return null;
    }
  }

  #drop(): void {
    clearTimeout(this.#timer);
    try {
      sessionStorage.removeItem(this.#key);
    } catch {
      // Nothing was kept.
    }
  }
}
