// The module "lockgate": what a connector has that the web has not.

import { bytesOf, wellFormed } from "lockgate:encoding";
import { inspect } from "lockgate:inspect";
import { json, parse, stringify } from "lockgate:json";

const host = globalThis.__lockgate;

export { json };

/** The connector's own answer that something did not work. Throw it: callers see its code and message. */
export class Failure extends Error {
  constructor(code, message, options = {}) {
    super(message === undefined ? `${code}` : `${message}`, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = `${code}`;
    const wait = options?.retryAfterMs ?? undefined;
    this.retryable = Boolean(options?.retryable ?? wait !== undefined);
    if (wait !== undefined) this.retryAfterMs = Number(wait);
    if (options?.details !== undefined) this.details = options.details;
  }
}
Failure.prototype.name = "Failure";

/** A failure of the host, as one that a script can catch. */
export function failureOf(failure) {
  let details = failure.details ?? undefined;
  if (typeof details === "string") {
    try {
      details = parse(details);
    } catch {
      // Text that is no JSON stays text.
    }
  }
  return new Failure(failure.code, failure.message, {
    retryable: failure.retryable,
    retryAfterMs: failure.retryAfterMs ?? undefined,
    details,
  });
}

/** Calls a function of the host; what it throws as plain data becomes a `Failure`. */
export function asked(work) {
  try {
    return work();
  } catch (error) {
    if (typeof error === "object" && error !== null && !(error instanceof Error) && typeof error.code === "string") {
      throw failureOf(error);
    }
    throw error;
  }
}

let values;

/** The group's settings and the visible fields of the connection, read when they are first used. */
export const settings = new Proxy(Object.create(null), {
  get: (_, name) => all()[name],
  has: (_, name) => Object.hasOwn(all(), name),
  ownKeys: () => Reflect.ownKeys(all()),
  getOwnPropertyDescriptor: (_, name) => {
    if (!Object.hasOwn(all(), name)) return undefined;
    return { value: all()[name], enumerable: true, configurable: true, writable: false };
  },
  set: () => false,
  deleteProperty: () => false,
  defineProperty: () => false,
});

function all() {
  values ??= Object.assign(Object.create(null), parse(host.settings()));
  return values;
}

/** Facts of the running call. */
export const context = Object.freeze({
  get callId() {
    return host.callId();
  },
  get attempt() {
    return host.attempt();
  },
  get tenant() {
    return host.tenant() ?? undefined;
  },
  get remainingMs() {
    return host.remainingMs();
  },
});

const data = (value) => (typeof value === "string" ? host.encode(wellFormed(value)) : bytesOf(value, "sign").slice());

/** Signs bytes or a text with a secret field of the connection, which stays in the host. */
export async function sign(field, algorithm, value) {
  return asked(() => host.sign(`${field}`, `${algorithm}`, data(value)));
}

/** Whether a signature is the field's over these bytes; the comparison takes the same time for each. */
export async function verify(field, algorithm, value, signature) {
  return asked(() => host.verify(`${field}`, `${algorithm}`, data(value), data(signature)));
}

const LEVELS = ["trace", "debug", "info", "warn", "error"];

/** Lines with further fields: `log.info("created", { id })`. */
export const log = Object.freeze(
  Object.fromEntries(
    LEVELS.map((level, index) => [level, (message, fields) => {
      host.log(index, inspect(message), fields === undefined ? undefined : stringify(fields));
    }]),
  ),
);
