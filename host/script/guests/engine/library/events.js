// `Event` and `EventTarget`, as far as `AbortSignal` and libraries need them.

export class Event {
  #type;
  #cancelable;
  #prevented = false;
  target = null;
  currentTarget = null;

  constructor(type, options = {}) {
    this.#type = `${type}`;
    this.#cancelable = Boolean(options?.cancelable);
  }

  get type() {
    return this.#type;
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
}

export class EventTarget {
  #listeners = [];

  addEventListener(type, listener, options) {
    if (listener === null || listener === undefined) return;
    if (this.#listeners.some((own) => own.type === type && own.listener === listener)) return;
    const once = typeof options === "object" && options !== null && Boolean(options.once);
    this.#listeners.push({ type, listener, once });
  }

  removeEventListener(type, listener) {
    this.#listeners = this.#listeners.filter((own) => own.type !== type || own.listener !== listener);
  }

  dispatchEvent(event) {
    event.target = this;
    event.currentTarget = this;
    for (const own of this.#listeners.filter(({ type }) => type === event.type)) {
      if (own.once) this.removeEventListener(own.type, own.listener);
      if (typeof own.listener === "function") own.listener.call(this, event);
      else own.listener.handleEvent(event);
    }
    return !event.defaultPrevented;
  }
}

Object.assign(globalThis, { Event, EventTarget });
