// `FormData`, and its form on the wire (`multipart/form-data`).

import { Blob, bytesOfBlob, File, join } from "lockgate:blob";
import { wellFormed } from "lockgate:encoding";

const { encode, random } = globalThis.__lockgate;

export class FormData {
  #list = [];

  append(name, value, fileName) {
    this.#list.push([wellFormed(name), entry(value, fileName)]);
  }

  delete(name) {
    const own = wellFormed(name);
    this.#list = this.#list.filter(([key]) => key !== own);
  }

  get(name) {
    const own = wellFormed(name);
    return this.#list.find(([key]) => key === own)?.[1] ?? null;
  }

  getAll(name) {
    const own = wellFormed(name);
    return this.#list.filter(([key]) => key === own).map(([, value]) => value);
  }

  has(name) {
    const own = wellFormed(name);
    return this.#list.some(([key]) => key === own);
  }

  set(name, value, fileName) {
    const own = wellFormed(name);
    const first = this.#list.findIndex(([key]) => key === own);
    if (first < 0) return this.append(name, value, fileName);
    this.#list[first][1] = entry(value, fileName);
    this.#list = this.#list.filter(([key], index) => key !== own || index === first);
  }

  forEach(callback, receiver) {
    for (const [name, value] of this.#list) callback.call(receiver, value, name, this);
  }

  *entries() {
    for (const [name, value] of this.#list) yield [name, value];
  }

  *keys() {
    for (const [name] of this.#list) yield name;
  }

  *values() {
    for (const [, value] of this.#list) yield value;
  }

  [Symbol.iterator]() {
    return this.entries();
  }

  get [Symbol.toStringTag]() {
    return "FormData";
  }
}

function entry(value, fileName) {
  if (!(value instanceof Blob)) return wellFormed(value);
  if (value instanceof File && fileName === undefined) return value;
  return new File([value], fileName === undefined ? "blob" : fileName, { type: value.type });
}

const quote = (text) => text.replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll('"', "%22");
const lines = (text) => text.replace(/\r\n?|\n/g, "\r\n");

/** The bytes of a form and their content type (RFC 7578). */
export function multipart(form) {
  const boundary = `----lockgate${Array.from(random(16), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  const parts = [];
  for (const [name, value] of form) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quote(lines(name))}"`;
    if (typeof value === "string") {
      parts.push(encode(`${head}\r\n\r\n${lines(value)}\r\n`));
    } else {
      const type = value.type || "application/octet-stream";
      parts.push(encode(`${head}; filename="${quote(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`));
      parts.push(bytesOfBlob(value), encode("\r\n"));
    }
  }
  parts.push(encode(`--${boundary}--\r\n`));
  return [join(parts), `multipart/form-data; boundary=${boundary}`];
}

Object.assign(globalThis, { FormData });
