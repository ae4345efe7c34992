// `Blob` and `File`.

import { bytesOf, wellFormed } from "lockgate:encoding";

const { encode, decode } = globalThis.__lockgate;

let bytesOfBlob;

export class Blob {
  #bytes;
  #type;

  static {
    bytesOfBlob = (blob) => blob.#bytes;
  }

  constructor(parts = [], options = {}) {
    const all = [...parts].map((part) => {
      if (part instanceof Blob) return part.#bytes;
      if (part instanceof ArrayBuffer || ArrayBuffer.isView(part)) return bytesOf(part, "Blob");
      return encode(wellFormed(part));
    });
    this.#bytes = join(all);
    const type = `${options?.type ?? ""}`;
    this.#type = /^[\x20-\x7e]*$/.test(type) ? type.toLowerCase() : "";
  }

  get size() {
    return this.#bytes.length;
  }

  get type() {
    return this.#type;
  }

  slice(start, end, type = "") {
    return new Blob([this.#bytes.slice(start, end)], { type });
  }

  async arrayBuffer() {
    return this.#bytes.slice().buffer;
  }

  async bytes() {
    return this.#bytes.slice();
  }

  async text() {
    return decode(this.#bytes);
  }

  get [Symbol.toStringTag]() {
    return "Blob";
  }
}

export class File extends Blob {
  #name;
  #lastModified;

  constructor(parts, name, options = {}) {
    super(parts, options);
    this.#name = wellFormed(name);
    this.#lastModified = options?.lastModified ?? Date.now();
  }

  get name() {
    return this.#name;
  }

  get lastModified() {
    return this.#lastModified;
  }

  get [Symbol.toStringTag]() {
    return "File";
  }
}

/** One list of bytes from several. */
export function join(parts) {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export { bytesOfBlob };

Object.assign(globalThis, { Blob, File });
