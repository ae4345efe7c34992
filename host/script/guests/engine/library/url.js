// `URL` and `URLSearchParams`. The URL standard itself is in the engine; here are its objects.

import { wellFormed } from "lockgate:encoding";
import { lostOf } from "lockgate:exact";

const { parseUrl, setUrl, encode, decode } = globalThis.__lockgate;

const UNRESERVED = /^[A-Za-z0-9*\-._]$/;

function escape(text) {
  let escaped = "";
  for (const character of text) {
    if (UNRESERVED.test(character)) escaped += character;
    else if (character === " ") escaped += "+";
    else for (const byte of encode(character)) escaped += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return escaped;
}

function unescape(text) {
  const spaced = text.replaceAll("+", " ");
  if (!spaced.includes("%")) return wellFormed(spaced);
  const bytes = encode(spaced);
  const plain = [];
  for (let index = 0; index < bytes.length; index++) {
    const hex = bytes[index] === 0x25 ? String.fromCharCode(bytes[index + 1] ?? 0, bytes[index + 2] ?? 0) : "";
    if (/^[0-9A-Fa-f]{2}$/.test(hex)) {
      plain.push(Number.parseInt(hex, 16));
      index += 2;
    } else {
      plain.push(bytes[index]);
    }
  }
  return decode(Uint8Array.from(plain));
}

let changed;

export class URLSearchParams {
  #list = [];
  #url = null;

  static {
    changed = (params, query, url) => {
      params.#list = parse(query);
      if (url !== undefined) params.#url = url;
    };
  }

  constructor(init = "") {
    if (typeof init === "object" && init !== null) {
      if (typeof init[Symbol.iterator] === "function") {
        for (const pair of init) {
          const [name, value, ...more] = pair;
          if (value === undefined || more.length > 0) throw new TypeError("URLSearchParams: expected pairs of name and value");
          this.#list.push([wellFormed(name), wellFormed(value)]);
        }
      } else {
        const lost = lostOf(init);
        if (lost !== undefined) throw new TypeError(`URLSearchParams: expected an object or pairs, found ${lost}`);
        for (const name of Object.keys(init)) this.#list.push([wellFormed(name), wellFormed(init[name])]);
      }
    } else {
      const text = wellFormed(init);
      this.#list = parse(text.startsWith("?") ? text.slice(1) : text);
    }
  }

  get size() {
    return this.#list.length;
  }

  append(name, value) {
    this.#list.push([wellFormed(name), wellFormed(value)]);
    this.#update();
  }

  delete(name, value) {
    const own = wellFormed(name);
    this.#list = this.#list.filter(([key, item]) => key !== own || (value !== undefined && item !== wellFormed(value)));
    this.#update();
  }

  get(name) {
    const own = wellFormed(name);
    return this.#list.find(([key]) => key === own)?.[1] ?? null;
  }

  getAll(name) {
    const own = wellFormed(name);
    return this.#list.filter(([key]) => key === own).map(([, value]) => value);
  }

  has(name, value) {
    const own = wellFormed(name);
    return this.#list.some(([key, item]) => key === own && (value === undefined || item === wellFormed(value)));
  }

  set(name, value) {
    const own = wellFormed(name);
    const first = this.#list.findIndex(([key]) => key === own);
    if (first < 0) this.#list.push([own, wellFormed(value)]);
    else {
      this.#list[first][1] = wellFormed(value);
      this.#list = this.#list.filter(([key], index) => key !== own || index === first);
    }
    this.#update();
  }

  sort() {
    this.#list.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
    this.#update();
  }

  forEach(callback, receiver) {
    for (const [name, value] of this.#list) callback.call(receiver, value, name, this);
  }

  *entries() {
    for (let index = 0; index < this.#list.length; index++) yield [...this.#list[index]];
  }

  *keys() {
    for (let index = 0; index < this.#list.length; index++) yield this.#list[index][0];
  }

  *values() {
    for (let index = 0; index < this.#list.length; index++) yield this.#list[index][1];
  }

  [Symbol.iterator]() {
    return this.entries();
  }

  toString() {
    return this.#list.map(([name, value]) => `${escape(name)}=${escape(value)}`).join("&");
  }

  get [Symbol.toStringTag]() {
    return "URLSearchParams";
  }

  #update() {
    if (this.#url !== null) this.#url(this.toString());
  }
}

function parse(query) {
  return query.split("&").filter((part) => part !== "").map((part) => {
    const equals = part.indexOf("=");
    return equals < 0 ? [unescape(part), ""] : [unescape(part.slice(0, equals)), unescape(part.slice(equals + 1))];
  });
}

export class URL {
  #parts;
  #params = null;

  constructor(url, base) {
    const parts = parseUrl(wellFormed(url), base === undefined ? undefined : wellFormed(base));
    if (!parts) throw new TypeError(`Invalid URL: ${wellFormed(url)}`);
    this.#parts = parts;
  }

  static canParse(url, base) {
    return Boolean(parseUrl(wellFormed(url), base === undefined ? undefined : wellFormed(base)));
  }

  static parse(url, base) {
    return URL.canParse(url, base) ? new URL(url, base) : null;
  }

  static #setter(part) {
    return function (value) {
      const parts = setUrl(this.#parts.href, part, wellFormed(value));
      if (parts) {
        this.#parts = parts;
        if (this.#params !== null && (part === "search" || part === "href")) changed(this.#params, parts.search.slice(1));
      } else if (part === "href") {
        throw new TypeError(`Invalid URL: ${wellFormed(value)}`);
      }
    };
  }

  static {
    for (const part of ["href", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"]) {
      Object.defineProperty(URL.prototype, part, {
        get() {
          return this.#parts[part];
        },
        set: URL.#setter(part),
        enumerable: true,
        configurable: true,
      });
    }
  }

  get origin() {
    return this.#parts.origin;
  }

  get searchParams() {
    if (this.#params === null) {
      this.#params = new URLSearchParams();
      changed(this.#params, this.#parts.search.slice(1), (query) => {
        this.#parts = setUrl(this.#parts.href, "search", query) ?? this.#parts;
      });
    }
    return this.#params;
  }

  toString() {
    return this.#parts.href;
  }

  toJSON() {
    return this.#parts.href;
  }

  get [Symbol.toStringTag]() {
    return "URL";
  }
}

Object.assign(globalThis, { URL, URLSearchParams });
