// The module "lockgate/grpc": methods of the gRPC servers among the group's destinations.

import { bytesOf, wellFormed } from "lockgate:encoding";
import { exact } from "lockgate:exact";
import { inspect } from "lockgate:inspect";
import { digits, parse } from "lockgate:json";
import { checked, given, renamed } from "lockgate:options";
import { asked, Failure } from "lockgate";

const host = globalThis.__lockgate;

/** What the host calls each option. */
const NAMES = {
  destination: "destination",
  idempotent: "idempotent",
  attempts: "attempts",
  backoffMs: "backoff_ms",
  backoffMaxMs: "backoff_max_ms",
  gzip: "gzip",
  connectTimeoutMs: "connect_timeout_ms",
  firstByteTimeoutMs: "first_byte_timeout_ms",
  idleTimeoutMs: "idle_timeout_ms",
  totalTimeoutMs: "total_timeout_ms",
};

const TYPES = {
  metadata: "object",
  destination: "string",
  idempotent: "boolean",
  attempts: "number",
  backoffMs: "number",
  backoffMaxMs: "number",
  gzip: "boolean",
  connectTimeoutMs: "number",
  firstByteTimeoutMs: "number",
  idleTimeoutMs: "number",
  totalTimeoutMs: "number",
};

const isBytes = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value);

/** The bytes of a value of metadata. */
function metadatum(name, value) {
  if (isBytes(value)) {
    if (/-bin$/i.test(name)) return bytesOf(value, name).slice();
    throw new TypeError(`the metadata \`${name}\` is text: only a name that ends in \`-bin\` has bytes`);
  }
  if (!["string", "number", "bigint", "boolean"].includes(typeof value) || (typeof value === "number" && !Number.isFinite(value))) {
    throw new TypeError(`the metadata \`${name}\` is a text, found ${inspect(value, 1)}`);
  }
  return host.encode(wellFormed(value));
}

/** Names and values in turn, values as bytes. */
function pairsOf(metadata) {
  const all = given(metadata, "the metadata");
  const pairs = [];
  for (const name of Object.keys(all)) {
    for (const value of Array.isArray(all[name]) ? all[name] : [all[name]]) {
      if (value !== undefined && value !== null) pairs.push(name, metadatum(name, value));
    }
  }
  return pairs;
}

/** Lists of values by their names: texts, or bytes where the name ends in `-bin`. */
function metadataOf(pairs) {
  const metadata = Object.create(null);
  for (let index = 0; index + 1 < pairs.length; index += 2) {
    const [name, bytes] = [pairs[index], pairs[index + 1]];
    (metadata[name] ??= []).push(name.endsWith("-bin") ? bytes : host.decode(bytes));
  }
  return metadata;
}

/** What JSON of the language has no form for: the digits of bigints, and bytes, which are base64. */
function written(value) {
  if (typeof value === "bigint") return digits(value);
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new TypeError(`the request has a number that is ${value}: if that is meant, write it as the text "${value}"`);
  }
  return isBytes(value) ? host.toBase64(bytesOf(value, "request").slice()) : value;
}

function callOf(method, request, options) {
  const { metadata, ...own } = checked(options, TYPES);
  const message = isBytes(request) ? bytesOf(request, "request").slice() : exact(request ?? {}, "the request", written);
  if (message === undefined) throw new TypeError(`a ${typeof request} is no message: expected an object`);
  return [`${method}`, message, pairsOf(metadata), renamed(own, NAMES)];
}

/** Calls a method, and gives the message, its metadata and what came after it. */
export async function reply(method, request, options) {
  const answer = asked(() => host.grpcCall(...callOf(method, request, options)));
  const message = typeof answer.message === "string" ? parse(answer.message) : answer.message;
  return { message, metadata: metadataOf(answer.metadata), trailers: metadataOf(answer.trailers) };
}

/** Calls a method, and gives its message: an object, or bytes if the request is bytes. */
export async function call(method, request, options) {
  return (await reply(method, request, options)).message;
}

/** The messages of an answer as they come. The method is called when the first one is asked for. */
class Messages {
  #call;
  #isBytes;
  #id;
  #metadata;
  #trailers;
  #state = "new";
  /** What was asked for last: one after the other, as of a generator. */
  #last = Promise.resolve();

  constructor(call) {
    this.#call = call;
    this.#isBytes = typeof call[1] !== "string";
  }

  #open() {
    if (this.#state !== "new") return;
    this.#state = "over";
    const opened = asked(() => host.grpcOpen(...this.#call));
    this.#id = opened.id;
    this.#metadata = metadataOf(opened.metadata);
    this.#state = "open";
  }

  /** What came before the messages. */
  get metadata() {
    this.#open();
    return this.#metadata;
  }

  /** What came after the last message; undefined before. */
  get trailers() {
    return this.#trailers;
  }

  next() {
    const take = () => this.#take();
    return (this.#last = this.#last.then(take, take));
  }

  async #take() {
    this.#open();
    if (this.#state !== "open") return { done: true, value: undefined };
    await new Promise((resolve) => host.grpcReady(this.#id, resolve));
    let message;
    try {
      message = asked(() => host.grpcNext(this.#id, this.#isBytes));
    } catch (error) {
      this.#end();
      throw error;
    }
    if (message === undefined) {
      this.#trailers = metadataOf(host.grpcTrailers(this.#id));
      this.#end();
      return { done: true, value: undefined };
    }
    return { done: false, value: typeof message === "string" ? parse(message) : message };
  }

  /** Ends the call at the server. */
  return(value) {
    const end = () => {
      if (this.#state === "open") this.#end();
      this.#state = "over";
      return { done: true, value };
    };
    return (this.#last = this.#last.then(end, end));
  }

  #end() {
    this.#state = "over";
    host.grpcDrop(this.#id);
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

/** Calls a method whose answer is a stream: `for await (const message of stream(…)) { … }`. */
export function stream(method, request, options) {
  return new Messages(callOf(method, request, options));
}

/** The status that a failure stands for; undefined if it is none of a gRPC server. */
export function statusOf(failure) {
  const details = failure instanceof Failure ? failure.details : undefined;
  if (typeof details?.status !== "string" || !failure.code.startsWith("grpc-")) return undefined;
  const list = Array.isArray(details.details) ? details.details : [];
  return {
    status: details.status,
    message: `${details.message ?? ""}`,
    metadata: details.metadata ?? {},
    details: list,
    /** The first detail of a type, such as `google.rpc.RetryInfo`. */
    find: (type) => list.find((detail) => `${detail?.["@type"] ?? ""}`.split("/").pop() === type),
  };
}
