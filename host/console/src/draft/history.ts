// What a document was before, step by step, to go back to and forth again.
import { differences } from '../editor/document/difference';
import { pointer } from '../json/path';
import { type Json, Num, identical } from '../json/value';

/** So many steps are kept: a definition may be a megabyte. */
const STEPS = 100;
/** What somebody types at one place without a longer pause is one step. */
const PAUSE_MS = 1500;

export class History {
  #past: Json[] = [];
  #future: Json[] = [];
  #current: Json;
  /** The text that is being typed, and when it was changed last. */
  #typing: { place: string; at: number } | null = null;
  readonly #now: () => number;

  constructor(current: Json, now: () => number = () => performance.now()) {
    this.#current = current;
    this.#now = now;
  }

  /** Begins anew. */
  reset(current: Json): void {
    this.#past = [];
    this.#future = [];
    this.#current = current;
    this.#typing = null;
  }

  /** Takes what the document is now. */
  record(value: Json): void {
    if (identical(value, this.#current)) return;
    const place = typed(this.#current, value);
    const at = this.#now();
    const goesOn = place !== null && this.#typing?.place === place && at - this.#typing.at < PAUSE_MS;
    if (!goesOn) {
      this.#past.push(this.#current);
      if (this.#past.length > STEPS) this.#past.shift();
    }
    this.#typing = place === null ? null : { place, at };
    this.#future = [];
    this.#current = value;
  }

  /** What it was before the last change; null where there is none. */
  undo(): Json | null {
    return this.#step(this.#past, this.#future);
  }

  /** What the last undone change had made of it. */
  redo(): Json | null {
    return this.#step(this.#future, this.#past);
  }

  #step(from: Json[], to: Json[]): Json | null {
    const value = from.pop();
    if (value === undefined) return null;
    to.push(this.#current);
    this.#current = value;
    this.#typing = null;
    return value;
  }
}

/** The place of the one text or number that differs. Everything else is a step of its own. */
function typed(from: Json, to: Json): string | null {
  const [only, ...more] = differences(from, to);
  if (only === undefined || more.length > 0) return null;
  const text = (value: Json | undefined): boolean => typeof value === 'string' || value instanceof Num;
  return text(only.from) && text(only.to) ? pointer(only.path) : null;
}
