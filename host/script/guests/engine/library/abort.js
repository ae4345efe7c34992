// `AbortController` and `AbortSignal`.

import { Event, EventTarget } from "lockgate:events";

const { setTimer, now } = globalThis.__lockgate;
const KEY = Symbol("AbortSignal");

let abort;

export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason = undefined;
  /** When it aborts by itself, for a signal of `timeout`; the host ends requests then, and no timer is needed. */
  #due = null;
  #armed = false;
  onabort = null;

  static {
    abort = (signal, reason) => signal.#abort(reason);
  }

  constructor(key) {
    if (key !== KEY) throw new TypeError("AbortSignal: use `new AbortController().signal`");
    super();
  }

  static abort(reason) {
    const signal = new AbortSignal(KEY);
    signal.#abort(reason);
    return signal;
  }

  static timeout(milliseconds) {
    const signal = new AbortSignal(KEY);
    signal.#due = now() + Math.max(0, Number(milliseconds));
    return signal;
  }

  static any(signals) {
    const all = [...signals];
    const combined = new AbortSignal(KEY);
    const first = all.find((signal) => signal.aborted);
    if (first !== undefined) combined.#abort(first.reason);
    else {
      for (const signal of all) {
        signal.addEventListener("abort", () => combined.#abort(signal.reason), { once: true });
      }
    }
    return combined;
  }

  /** Milliseconds until it aborts by itself, for one of `timeout` that has not. */
  static remaining(signal) {
    return signal.#due === null ? undefined : Math.max(0, signal.#due - now());
  }

  get aborted() {
    if (!this.#aborted && this.#due !== null && now() >= this.#due) this.#expire();
    return this.#aborted;
  }

  get reason() {
    return this.aborted ? this.#reason : undefined;
  }

  throwIfAborted() {
    if (this.aborted) throw this.#reason;
  }

  addEventListener(type, listener, options) {
    super.addEventListener(type, listener, options);
    if (type === "abort" && this.#due !== null && !this.#armed && !this.#aborted) {
      this.#armed = true;
      setTimer(Math.max(0, this.#due - now()), () => this.#expire());
    }
  }

  #expire() {
    this.#abort(new DOMException("The operation timed out", "TimeoutError"));
  }

  #abort(reason) {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason === undefined ? new DOMException("The operation was aborted", "AbortError") : reason;
    const event = new Event("abort");
    if (typeof this.onabort === "function") this.onabort(event);
    this.dispatchEvent(event);
  }
}

/** Milliseconds until a signal aborts by itself, or undefined. */
export const { remaining } = AbortSignal;
delete AbortSignal.remaining;

class AbortController {
  #signal = new AbortSignal(KEY);

  get signal() {
    return this.#signal;
  }

  abort(reason) {
    abort(this.#signal, reason);
  }
}

Object.assign(globalThis, { AbortController, AbortSignal });
