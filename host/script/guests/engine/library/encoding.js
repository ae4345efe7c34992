// `TextEncoder`, `TextDecoder`, `atob`, `btoa`.

import { lostOf } from "lockgate:exact";

const { encode, encodingOf, openDecoder, decodeNext, latin1, toBase64, fromBase64 } = globalThis.__lockgate;

/** The bytes of a buffer or of a view of one. */
export function bytesOf(source, what) {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  throw new TypeError(`${what}: expected an ArrayBuffer, a typed array or a DataView`);
}

const { toString: unnamed } = Object.prototype;
const { toString: source } = Function.prototype;

/**
 * A value as text. What has no text is refused: `[object Promise]`, the source of a function and the numbers of bytes are what
 * the language has for them, and nobody means them.
 */
function textOf(value) {
  switch (typeof value) {
    case "string":
      return value;
    case "object":
      if (value === null || value[Symbol.toPrimitive] !== undefined) break;
      if (value.toString === unnamed || ArrayBuffer.isView(value)) {
        throw new TypeError(`expected a text, found ${lostOf(value) ?? "an object: `JSON.stringify` writes it"}`);
      }
      break;
    case "function":
      if (value.toString === source) throw new TypeError("expected a text, found a function: call it");
      break;
    default:
  }
  return `${value}`;
}

/** A text without lone surrogates. */
export const wellFormed = (value) => textOf(value).toWellFormed();

class TextEncoder {
  get encoding() {
    return "utf-8";
  }

  encode(text = "") {
    return encode(textOf(text));
  }

  encodeInto(text, target) {
    let read = 0;
    let written = 0;
    for (const character of textOf(text)) {
      const bytes = encode(character);
      if (written + bytes.length > target.length) break;
      target.set(bytes, written);
      written += bytes.length;
      read += character.length;
    }
    return { read, written };
  }

  get [Symbol.toStringTag]() {
    return "TextEncoder";
  }
}

class TextDecoder {
  #encoding;
  #fatal;
  #ignoreBOM;
  /** The number of the text that has begun. */
  #open;

  constructor(label = "utf-8", options = {}) {
    this.#encoding = encodingOf(wellFormed(label));
    if (typeof this.#encoding !== "string") {
      throw new RangeError(`TextDecoder: the encoding \`${label}\` is not known: expected one of the Encoding standard, such as utf-8`);
    }
    this.#fatal = Boolean(options?.fatal);
    this.#ignoreBOM = Boolean(options?.ignoreBOM);
  }

  get encoding() {
    return this.#encoding;
  }

  get fatal() {
    return this.#fatal;
  }

  get ignoreBOM() {
    return this.#ignoreBOM;
  }

  decode(input = new Uint8Array(0), options = {}) {
    const given = bytesOf(input, "TextDecoder.decode");
    const isLast = !options?.stream;
    const number = this.#open ?? openDecoder(this.#encoding, this.#ignoreBOM);
    // A text that is over, or broken, is another one's begin.
    this.#open = undefined;
    const text = decodeNext(number, given.length === given.buffer.byteLength ? given : given.slice(), isLast, this.#fatal);
    if (!isLast) this.#open = number;
    return text;
  }

  get [Symbol.toStringTag]() {
    return "TextDecoder";
  }
}

function atob(text) {
  const bytes = fromBase64(textOf(text));
  if (bytes === undefined || bytes === null) {
    throw new DOMException("atob: the text is not base64", "InvalidCharacterError");
  }
  return latin1(bytes);
}

function btoa(text) {
  const given = textOf(text);
  const bytes = new Uint8Array(given.length);
  for (let index = 0; index < given.length; index++) {
    const code = given.charCodeAt(index);
    if (code > 255) {
      throw new DOMException("btoa: a character is above U+00FF: encode the text with TextEncoder first", "InvalidCharacterError");
    }
    bytes[index] = code;
  }
  return toBase64(bytes);
}

Object.assign(globalThis, { TextEncoder, TextDecoder, atob, btoa });
