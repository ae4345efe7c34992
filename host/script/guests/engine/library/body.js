// What `Request` and `Response` have in common: a body that is all there.

import { Blob, bytesOfBlob } from "lockgate:blob";
import { bytesOf, wellFormed } from "lockgate:encoding";
import { FormData, multipart } from "lockgate:form-data";
import { URLSearchParams } from "lockgate:url";

const { encode, decode, decodeBody } = globalThis.__lockgate;

/** The bytes of what was given as a body, and the content type that it implies. */
export function extract(body) {
  if (body === null || body === undefined) return [null, null];
  if (typeof body === "string") return [encode(body), "text/plain;charset=UTF-8"];
  if (body instanceof URLSearchParams) {
    return [encode(body.toString()), "application/x-www-form-urlencoded;charset=UTF-8"];
  }
  if (body instanceof FormData) return multipart(body);
  if (body instanceof Blob) return [bytesOfBlob(body), body.type || null];
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return [bytesOf(body, "body").slice(), null];
  if (Array.isArray(body)) throw new TypeError("a body is no list: `JSON.stringify` writes it");
  return [encode(wellFormed(body)), "text/plain;charset=UTF-8"];
}

/** The encoding that the bytes are said to have. */
const charset = (headers) => /;\s*charset\s*=\s*"?\s*([^";\s]+)/i.exec(headers.get("content-type") ?? "")?.[1];

export class Body {
  #bytes;
  #used = false;
  #headers;

  constructor(bytes, headers) {
    this.#bytes = bytes;
    this.#headers = headers;
  }

  /** The bytes, without using them up. */
  static peek(body) {
    if (body.#used) throw new TypeError("the body was read already: `clone()` before reading it twice");
    return body.#bytes;
  }

  get headers() {
    return this.#headers;
  }

  get bodyUsed() {
    return this.#used;
  }

  get body() {
    if (this.#bytes === null) return null;
    throw new TypeError("`body` as a stream is not part of this engine: use `text()`, `json()`, `bytes()` or `arrayBuffer()`");
  }

  #take() {
    const bytes = peek(this);
    if (bytes !== null) this.#used = true;
    return bytes ?? new Uint8Array(0);
  }

  async arrayBuffer() {
    return this.#take().slice().buffer;
  }

  async bytes() {
    return this.#take().slice();
  }

  async blob() {
    return new Blob([this.#take()], { type: this.headers.get("content-type") ?? "" });
  }

  async text() {
    return decodeBody(this.#take(), charset(this.headers), false);
  }

  async json() {
    const text = decodeBody(this.#take(), charset(this.headers), true);
    try {
      return JSON.parse(text);
    } catch (error) {
      const type = this.headers.get("content-type") ?? "no content type";
      const begins = text === "" ? "it is empty" : `it begins with ${JSON.stringify(text.slice(0, 60))}`;
      throw new SyntaxError(`the body is not JSON (${type}): ${begins}`, { cause: error });
    }
  }

  async formData() {
    const type = this.headers.get("content-type") ?? "";
    if (!type.startsWith("application/x-www-form-urlencoded")) {
      throw new TypeError(`formData(): \`${type}\` is not read by this engine, application/x-www-form-urlencoded is`);
    }
    const form = new FormData();
    for (const [name, value] of new URLSearchParams(decode(this.#take()))) form.append(name, value);
    return form;
  }
}

export const { peek } = Body;
delete Body.peek;
