// `Event` and `EventTarget`, as far as `AbortSignal` and libraries need them.

let begin;
let isStopped;

export class Event {
  #type;
  #cancelable;
  #prevented = false;
  #stopped = false;
  #target = null;
  #current = null;

  static {
    begin = (event, target, current) => {
      event.#target = target;
      event.#current = current;
      // It may be dispatched again.
      if (current === null) event.#stopped = false;
    };
    isStopped = (event) => event.#stopped;
  }

  constructor(type, options = {}) {
    this.#type = `${type}`;
    this.#cancelable = Boolean(options?.cancelable);
  }

  get type() {
    return this.#type;
  }

  get target() {
    return this.#target;
  }

  get currentTarget() {
    return this.#current;
  }

  get cancelable() {
    return this.#cancelable;
  }

  get defaultPrevented() {
    return this.#prevented;
  }

  preventDefault() {
    if (this.#cancelable) this.#prevented = true;
  }

  /** There is nothing to propagate to. */
  stopPropagation() {}

  stopImmediatePropagation() {
    this.#stopped = true;
  }

  get [Symbol.toStringTag]() {
    return "Event";
  }
}

/** Calls a listener. What it throws ends nothing but itself: a rejection that nobody handles has a line of the log. */
function notify(listener, target, event) {
  try {
    if (typeof listener === "function") listener.call(target, event);
    else listener.handleEvent(event);
  } catch (error) {
    Promise.reject(error);
  }
}

export class EventTarget {
  #listeners = [];

  addEventListener(type, listener, options) {
    if (listener === null || listener === undefined) return;
    if (typeof listener !== "function" && typeof listener !== "object") throw new TypeError("addEventListener: expected a function");
    const { once = false, signal } = typeof options === "object" && options !== null ? options : {};
    const own = `${type}`;
    if (signal?.aborted || this.#listeners.some((other) => other.type === own && other.listener === listener)) return;
    this.#listeners.push({ type: own, listener, once: Boolean(once) });
    signal?.addEventListener("abort", () => this.removeEventListener(own, listener), { once: true });
  }

  removeEventListener(type, listener) {
    this.#listeners = this.#listeners.filter((own) => own.type !== `${type}` || own.listener !== listener);
  }

  dispatchEvent(event) {
    if (!(event instanceof Event)) throw new TypeError("dispatchEvent: expected an Event");
    begin(event, this, this);
    for (const own of this.#listeners.filter(({ type }) => type === event.type)) {
      if (isStopped(event)) break;
      // One before it may have removed it.
      if (!this.#listeners.includes(own)) continue;
      if (own.once) this.removeEventListener(own.type, own.listener);
      notify(own.listener, this, event);
    }
    begin(event, this, null);
    return !event.defaultPrevented;
  }

  get [Symbol.toStringTag]() {
    return "EventTarget";
  }
}

Object.assign(globalThis, { Event, EventTarget });
