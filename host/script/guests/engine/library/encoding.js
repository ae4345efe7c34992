// `TextEncoder`, `TextDecoder`, `atob`, `btoa`.

const { encode, decode, latin1, toBase64, fromBase64 } = globalThis.__lockgate;

/** The bytes of a buffer or of a view of one. */
export function bytesOf(source, what) {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  throw new TypeError(`${what}: expected an ArrayBuffer, a typed array or a DataView`);
}

/** A text without lone surrogates. */
export const wellFormed = (value) => `${value}`.toWellFormed();

const LABELS = {
  "utf-8": "utf-8", utf8: "utf-8", "unicode-1-1-utf-8": "utf-8",
  "utf-16le": "utf-16le", "utf-16": "utf-16le", "ucs-2": "utf-16le", unicode: "utf-16le",
  "iso-8859-1": "windows-1252", latin1: "windows-1252", ascii: "windows-1252", "us-ascii": "windows-1252",
  "windows-1252": "windows-1252", cp1252: "windows-1252",
};

const BOMS = { "utf-8": [0xef, 0xbb, 0xbf], "utf-16le": [0xff, 0xfe], "windows-1252": [] };

class TextEncoder {
  get encoding() {
    return "utf-8";
  }

  encode(text = "") {
    return encode(`${text}`);
  }

  encodeInto(text, target) {
    let read = 0;
    let written = 0;
    for (const character of `${text}`) {
      const bytes = encode(character);
      if (written + bytes.length > target.length) break;
      target.set(bytes, written);
      written += bytes.length;
      read += character.length;
    }
    return { read, written };
  }
}

class TextDecoder {
  #encoding;
  #fatal;
  #ignoreBOM;
  #kept = new Uint8Array(0);
  #begun = false;

  constructor(label = "utf-8", options = {}) {
    const encoding = LABELS[`${label}`.trim().toLowerCase()];
    if (encoding === undefined) {
      throw new RangeError(`TextDecoder: the encoding \`${label}\` is not part of this engine: expected utf-8, utf-16le or latin1`);
    }
    this.#encoding = encoding;
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

  decode(input = new Uint8Array(0), { stream = false } = {}) {
    const bom = BOMS[this.#encoding];
    const given = bytesOf(input, "TextDecoder.decode");
    let bytes = given;
    if (this.#kept.length > 0) {
      bytes = new Uint8Array(this.#kept.length + given.length);
      bytes.set(this.#kept);
      bytes.set(given, this.#kept.length);
      this.#kept = new Uint8Array(0);
    }
    if (stream) {
      let end = this.#begun || bytes.length >= bom.length ? whole(bytes, this.#encoding) : 0;
      this.#kept = bytes.slice(end);
      bytes = bytes.subarray(0, end);
    }
    if (!this.#begun && bytes.length > 0 && !this.#ignoreBOM && bom.length > 0 && bom.every((byte, index) => bytes[index] === byte)) {
      bytes = bytes.subarray(bom.length);
    }
    this.#begun = stream && (this.#begun || bytes.length > 0);
    return decode(bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice(), this.#encoding, this.#fatal);
  }
}

/** How many of the bytes are whole characters. */
function whole(bytes, encoding) {
  if (encoding === "windows-1252") return bytes.length;
  if (encoding === "utf-16le") {
    const even = bytes.length - (bytes.length % 2);
    const high = even >= 2 && (bytes[even - 1] & 0xfc) === 0xd8;
    return high ? even - 2 : even;
  }
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

function atob(text) {
  const bytes = fromBase64(`${text}`);
  if (bytes === undefined || bytes === null) {
    throw new DOMException("atob: the text is not base64", "InvalidCharacterError");
  }
  return latin1(bytes);
}

function btoa(text) {
  const given = `${text}`;
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
