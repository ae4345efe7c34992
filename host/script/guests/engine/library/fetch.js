// `fetch`, `Request` and `Response`. A URL may be relative: it is then behind the group's `base_url`. The host adds the
// credential of the destination, and nothing here ever sees one.

import { remaining } from "lockgate:abort";
import { Body, extract, peek } from "lockgate:body";
import { wellFormed } from "lockgate:encoding";
import { exact } from "lockgate:exact";
import { Headers } from "lockgate:headers";
import { Failure, failureOf } from "lockgate";

const { send, cancel } = globalThis.__lockgate;

const REDIRECTS = 20;
/** How much of a URL a message shows. */
const SHOWN = 200;
const METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH"];
const REDIRECT_STATUSES = [301, 302, 303, 307, 308];

function methodOf(method) {
  const text = `${method}`;
  const upper = text.toUpperCase();
  return METHODS.includes(upper) ? upper : text;
}

export class Request extends Body {
  #method;
  #url;
  #signal;
  #redirect;
  #retry;

  constructor(input, init = {}) {
    const from = input instanceof Request ? input : null;
    const options = init ?? {};
    if (typeof options !== "object" || typeof options.then === "function") {
      throw new TypeError(`the options of a request are an object, found ${typeof options === "object" ? "a Promise: await it" : typeof options}`);
    }
    const method = methodOf(options.method ?? from?.method ?? "GET");
    const headers = new Headers(options.headers ?? from?.headers);
    let bytes = null;
    if (options.body !== undefined && options.body !== null) {
      let type;
      [bytes, type] = extract(options.body);
      if (type !== null && !headers.has("content-type")) headers.set("content-type", type);
    } else if (from !== null) {
      bytes = peek(from);
    }
    if (bytes !== null && (method === "GET" || method === "HEAD")) {
      throw new TypeError(`a request with the method ${method} can't have a body`);
    }
    super(bytes, headers);
    this.#method = method;
    this.#url = from === null ? address(wellFormed(input)) : from.url;
    this.#signal = options.signal ?? from?.signal ?? null;
    this.#redirect = options.redirect ?? from?.redirect ?? "follow";
    if (!["follow", "manual", "error"].includes(this.#redirect)) {
      throw new TypeError(`redirect: expected follow, manual or error, found \`${this.#redirect}\``);
    }
    this.#retry = options.retry ?? from?.retry;
  }

  get method() {
    return this.#method;
  }

  get url() {
    return this.#url;
  }

  get signal() {
    return this.#signal;
  }

  get redirect() {
    return this.#redirect;
  }

  /** When the host repeats it by itself; an extension. */
  get retry() {
    return this.#retry;
  }

  clone() {
    return new Request(this);
  }

  get [Symbol.toStringTag]() {
    return "Request";
  }
}

/** A URL in its normal form; what is relative stays so, percent-encoded. */
function address(text) {
  if (URL.canParse(text)) {
    const url = new URL(text);
    if (url.username !== "" || url.password !== "") {
      throw new TypeError("a URL can't have a user and a password: they belong into the connection");
    }
    url.hash = "";
    return url.href;
  }
  if (text !== "" && !/^[/?]/.test(text)) {
    throw new TypeError(`the URL \`${text}\` is neither absolute nor a path that begins with \`/\``);
  }
  if (text.startsWith("//")) throw new TypeError(`the URL \`${text}\` has a host and no scheme`);
  // Only to encode what a URL can't hold; `.` and `..` are the host's to resolve.
  return text.replace(/#.*$/s, "").replace(/[^\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e|]+/g, encodeURIComponent);
}

export class Response extends Body {
  #status;
  #statusText;
  #url = "";
  #type = "default";

  constructor(body = null, init = {}) {
    const [bytes, type] = extract(body);
    const headers = new Headers(init?.headers);
    if (type !== null && !headers.has("content-type")) headers.set("content-type", type);
    super(bytes, headers);
    this.#status = init?.status ?? 200;
    if (!Number.isInteger(this.#status) || this.#status < 100 || this.#status > 599) {
      throw new RangeError(`Response: ${this.#status} is no status`);
    }
    this.#statusText = `${init?.statusText ?? ""}`;
  }

  static json(value, init = {}) {
    const headers = new Headers(init?.headers);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return new Response(JSON.stringify(value), { ...init, headers });
  }

  static error() {
    const response = new Response(null);
    response.#status = 0;
    response.#type = "error";
    return response;
  }

  static received(url, status, list, bytes) {
    const headers = new Headers();
    for (let index = 0; index + 1 < list.length; index += 2) {
      try {
        headers.append(list[index], list[index + 1]);
      } catch {
        // A header that JavaScript can't hold is left out.
      }
    }
    const response = new Response(bytes, { headers });
    response.#status = status;
    response.#url = url;
    return response;
  }

  get status() {
    return this.#status;
  }

  get ok() {
    return this.#status >= 200 && this.#status < 300;
  }

  get statusText() {
    return this.#statusText;
  }

  get url() {
    return this.#url;
  }

  get type() {
    return this.#type;
  }

  get redirected() {
    return false;
  }

  clone() {
    const copy = new Response(peek(this), { headers: this.headers });
    copy.#status = this.#status;
    copy.#statusText = this.#statusText;
    copy.#url = this.#url;
    return copy;
  }

  get [Symbol.toStringTag]() {
    return "Response";
  }
}

const { received } = Response;
delete Response.received;

export async function fetch(input, init) {
  const request = new Request(input, init);
  const { signal } = request;
  signal?.throwIfAborted();
  const headers = [];
  for (const [name, value] of request.headers) headers.push(name, value);
  const total = signal === null ? undefined : remaining(signal);
  return await new Promise((resolve, reject) => {
    const id = send(
      {
        method: request.method,
        url: request.url,
        headers,
        body: peek(request),
        totalTimeoutMs: total,
        redirects: request.redirect === "follow" ? REDIRECTS : 0,
        retry: request.retry === undefined ? undefined : exact(request.retry, "`retry`"),
      },
      (failure, status, list, bytes) => {
        signal?.removeEventListener("abort", aborted);
        if (failure === undefined) {
          const asked = `${request.method} ${request.url.slice(0, SHOWN)}`;
          return reject(new Failure("cancelled", `the call ended before ${asked} was answered: await it`));
        }
        if (failure !== null) {
          if (total !== undefined && failure.code === "timeout") {
            return reject(new DOMException("The operation timed out", "TimeoutError"));
          }
          return reject(failureOf(failure));
        }
        if (request.redirect === "error" && REDIRECT_STATUSES.includes(status)) {
          return reject(new TypeError(`the answer of ${request.url} is a redirect (${status})`));
        }
        resolve(received(request.url, status, list, bytes));
      },
    );
    function aborted() {
      cancel(id);
      reject(signal.reason);
    }
    // A signal of `timeout` needs no timer: the host ends the request.
    if (signal !== null && total === undefined) signal.addEventListener("abort", aborted, { once: true });
  });
}

Object.assign(globalThis, { fetch, Request, Response });
