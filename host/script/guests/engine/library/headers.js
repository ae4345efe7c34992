// `Headers`.

import { wellFormed } from "lockgate:encoding";
import { lostOf } from "lockgate:exact";

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function nameOf(name) {
  const text = `${name}`;
  if (!TOKEN.test(text)) throw new TypeError(`Headers: \`${text}\` is no name of a header`);
  return text.toLowerCase();
}

function valueOf(value, name) {
  const text = wellFormed(value).replace(/^[\t\r\n ]+|[\t\r\n ]+$/g, "");
  if (!VALUE.test(text)) throw new TypeError(`Headers: the value of \`${name}\` has characters that a header can't have`);
  return text;
}

export class Headers {
  #list = [];

  constructor(init) {
    if (init === undefined || init === null) return;
    if (typeof init !== "object") throw new TypeError("Headers: expected an object or a list of pairs");
    if (typeof init[Symbol.iterator] === "function") {
      for (const pair of init) {
        const [name, value, ...more] = pair;
        if (value === undefined || more.length > 0) throw new TypeError("Headers: expected pairs of name and value");
        this.append(name, value);
      }
    } else {
      const lost = lostOf(init);
      if (lost !== undefined) throw new TypeError(`Headers: expected an object or a list of pairs, found ${lost}`);
      for (const name of Object.keys(init)) this.append(name, init[name]);
    }
  }

  append(name, value) {
    const own = nameOf(name);
    this.#list.push([own, valueOf(value, own)]);
  }

  delete(name) {
    const own = nameOf(name);
    this.#list = this.#list.filter(([key]) => key !== own);
  }

  get(name) {
    const own = nameOf(name);
    const values = this.#list.filter(([key]) => key === own).map(([, value]) => value);
    return values.length === 0 ? null : values.join(", ");
  }

  getSetCookie() {
    return this.#list.filter(([key]) => key === "set-cookie").map(([, value]) => value);
  }

  has(name) {
    const own = nameOf(name);
    return this.#list.some(([key]) => key === own);
  }

  set(name, value) {
    const own = nameOf(name);
    const text = valueOf(value, own);
    const first = this.#list.findIndex(([key]) => key === own);
    if (first < 0) this.#list.push([own, text]);
    else {
      this.#list[first][1] = text;
      this.#list = this.#list.filter(([key], index) => key !== own || index === first);
    }
  }

  forEach(callback, receiver) {
    for (const [name, value] of this) callback.call(receiver, value, name, this);
  }

  *entries() {
    const names = [...new Set(this.#list.map(([name]) => name))].sort();
    for (const name of names) {
      if (name === "set-cookie") for (const value of this.getSetCookie()) yield [name, value];
      else yield [name, this.get(name)];
    }
  }

  *keys() {
    for (const [name] of this.entries()) yield name;
  }

  *values() {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator]() {
    return this.entries();
  }

  get [Symbol.toStringTag]() {
    return "Headers";
  }
}

Object.assign(globalThis, { Headers });
