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
  #onabort = null;
  /** What calls `onabort`, in its turn among the listeners. */
  #handler = (event) => this.#onabort?.call(this, event);

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
    const wait = Number(milliseconds);
    if (!(wait >= 0 && wait <= Number.MAX_SAFE_INTEGER)) {
      throw new TypeError(`AbortSignal.timeout: expected milliseconds, found ${milliseconds}`);
    }
    const signal = new AbortSignal(KEY);
    signal.#due = now() + wait;
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
    // Somebody waits for it.
    if (`${type}` === "abort" && this.#due !== null && !this.#armed && !this.#aborted) {
      this.#armed = true;
      setTimer(Math.max(0, this.#due - now()), () => this.#expire());
    }
  }

  get onabort() {
    return this.#onabort;
  }

  set onabort(listener) {
    this.#onabort = typeof listener === "function" ? listener : null;
    if (this.#onabort !== null) this.addEventListener("abort", this.#handler);
  }

  get [Symbol.toStringTag]() {
    return "AbortSignal";
  }

  #expire() {
    this.#abort(new DOMException("The operation timed out", "TimeoutError"));
  }

  #abort(reason) {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason === undefined ? new DOMException("The operation was aborted", "AbortError") : reason;
    this.dispatchEvent(new Event("abort"));
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

  get [Symbol.toStringTag]() {
    return "AbortController";
  }
}

Object.assign(globalThis, { AbortController, AbortSignal });
