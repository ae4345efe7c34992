// `crypto`: randomness, digests, and signatures with HMAC. Keys that are secrets of a connection never come here: `sign` of
// "lockgate" has the host sign with them.

import { bytesOf } from "lockgate:encoding";

const { digest, hmac, hmacVerify, random, toBase64Url, fromBase64 } = globalThis.__lockgate;

const HASHES = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];
const BLOCK_BYTES = { "SHA-1": 64, "SHA-256": 64, "SHA-384": 128, "SHA-512": 128 };
const RANDOM_MAX = 65_536;
const KEY = Symbol("CryptoKey");

const unsupported = (what) => new DOMException(`crypto.subtle: ${what}`, "NotSupportedError");

function hashOf(algorithm) {
  const name = `${typeof algorithm === "object" && algorithm !== null ? algorithm.name : algorithm}`.toUpperCase();
  if (!HASHES.includes(name)) throw unsupported(`the hash \`${name}\` is not part of this engine: expected ${HASHES.join(", ")}`);
  return name;
}

function hmacOnly(algorithm) {
  const name = `${typeof algorithm === "object" && algorithm !== null ? algorithm.name : algorithm}`.toUpperCase();
  if (name !== "HMAC") throw unsupported(`the algorithm \`${name}\` is not part of this engine: expected HMAC`);
}

let secret;

export class CryptoKey {
  #bytes;

  static {
    secret = (key, usage) => {
      if (!(key instanceof CryptoKey)) throw new TypeError("crypto.subtle: expected a key of `importKey`");
      if (usage !== null && !key.usages.includes(usage)) {
        throw new DOMException(`crypto.subtle: the key was not imported with the usage \`${usage}\``, "InvalidAccessError");
      }
      return key.#bytes;
    };
  }

  constructor(key, bytes, hash, extractable, usages) {
    if (key !== KEY) throw new TypeError("CryptoKey: use `crypto.subtle.importKey`");
    this.#bytes = bytes;
    this.type = "secret";
    this.extractable = extractable;
    this.algorithm = Object.freeze({ name: "HMAC", hash: Object.freeze({ name: hash }), length: bytes.length * 8 });
    this.usages = Object.freeze(usages);
    Object.freeze(this);
  }

  get [Symbol.toStringTag]() {
    return "CryptoKey";
  }
}

const copy = (source, what) => bytesOf(source, what).slice();

const subtle = {
  async digest(algorithm, data) {
    return digest(hashOf(algorithm), copy(data, "crypto.subtle.digest")).buffer;
  },

  async importKey(format, data, algorithm, extractable, usages) {
    hmacOnly(algorithm);
    let bytes;
    if (format === "raw") bytes = copy(data, "crypto.subtle.importKey");
    else if (format === "jwk") bytes = typeof data?.k === "string" ? fromBase64(data.k.replaceAll("-", "+").replaceAll("_", "/")) : undefined;
    else throw unsupported(`the format \`${format}\` is not part of this engine: expected raw or jwk`);
    if (!bytes || bytes.length === 0) throw new DOMException("crypto.subtle: the key is empty", "DataError");
    return new CryptoKey(KEY, bytes, hashOf(algorithm.hash), Boolean(extractable), [...usages]);
  },

  async generateKey(algorithm, extractable, usages) {
    hmacOnly(algorithm);
    const hash = hashOf(algorithm.hash);
    const length = algorithm.length === undefined ? BLOCK_BYTES[hash] : algorithm.length / 8;
    if (!(Number.isInteger(length) && length > 0 && length <= RANDOM_MAX)) {
      throw new DOMException("crypto.subtle: `length` is a number of bits, a multiple of 8", "OperationError");
    }
    return new CryptoKey(KEY, random(length), hash, Boolean(extractable), [...usages]);
  },

  async exportKey(format, key) {
    const bytes = secret(key, null);
    if (!key.extractable) throw new DOMException("crypto.subtle: the key is not extractable", "InvalidAccessError");
    if (format === "raw") return bytes.slice().buffer;
    if (format === "jwk") return { kty: "oct", k: toBase64Url(bytes), alg: `HS${key.algorithm.hash.name.slice(4)}`, ext: true, key_ops: [...key.usages] };
    throw unsupported(`the format \`${format}\` is not part of this engine: expected raw or jwk`);
  },

  async sign(algorithm, key, data) {
    hmacOnly(algorithm);
    return hmac(key.algorithm.hash.name, secret(key, "sign"), copy(data, "crypto.subtle.sign")).buffer;
  },

  async verify(algorithm, key, signature, data) {
    hmacOnly(algorithm);
    const [given, signed] = [copy(signature, "crypto.subtle.verify"), copy(data, "crypto.subtle.verify")];
    return hmacVerify(key.algorithm.hash.name, secret(key, "verify"), given, signed);
  },
};

for (const name of ["encrypt", "decrypt", "deriveKey", "deriveBits", "wrapKey", "unwrapKey"]) {
  subtle[name] = async () => {
    throw unsupported(`\`${name}\` is not part of this engine`);
  };
}

const crypto = {
  subtle,

  getRandomValues(array) {
    if (!ArrayBuffer.isView(array) || array instanceof Float32Array || array instanceof Float64Array || array instanceof DataView) {
      throw new DOMException("crypto.getRandomValues: expected a typed array of whole numbers", "TypeMismatchError");
    }
    if (array.byteLength > RANDOM_MAX) {
      throw new DOMException(`crypto.getRandomValues: at most ${RANDOM_MAX} bytes at a time`, "QuotaExceededError");
    }
    bytesOf(array, "crypto.getRandomValues").set(random(array.byteLength));
    return array;
  },

  randomUUID() {
    const bytes = random(16);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  },
};

Object.assign(globalThis, { crypto, CryptoKey });
