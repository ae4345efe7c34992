/**
 * What a script of Lockgate finds: the modules "lockgate", "lockgate/connectors", "lockgate/csv", "lockgate/database",
 * "lockgate/dates", "lockgate/grpc", "lockgate/jmespath" and "lockgate/xml", and the globals of the web platform that are part
 * of the engine. What is not declared here is not there.
 *
 * In `tsconfig.json`: `"lib": ["ES2023"]` without `DOM`, `"types": []`, `"erasableSyntaxOnly": true`.
 */

declare module "lockgate" {
  /** How a {@link Failure} is described beyond its code and message. */
  export interface FailureOptions {
    /** Whether the same call may succeed later. True by default when `retryAfterMs` is given. */
    retryable?: boolean;
    /** How long to wait before that, in milliseconds. */
    retryAfterMs?: number;
    /** More, as anything that JSON can hold; at most 64 KiB of JSON. */
    details?: unknown;
    /** What led to it; it is not sent to callers. */
    cause?: unknown;
  }

  /** The connector's own answer that something did not work: callers see its code and message (LG3001). */
  export class Failure extends Error {
    /** `code` is a stable word, `^[a-z][a-z0-9_.-]{0,63}$`. */
    constructor(code: string, message?: string, options?: FailureOptions);
    readonly code: string;
    readonly retryable: boolean;
    readonly retryAfterMs?: number;
    readonly details?: unknown;
  }

  /** The group's `settings` and the visible fields of the connection, by name. */
  export const settings: Readonly<Record<string, any>>;

  /** Facts of the running call. */
  export interface Context {
    /** The call's id, a UUID. */
    readonly callId: string;
    /** Which attempt of its caller this is, from 1: what the caller says with the header `lockgate-attempt`, else 1. */
    readonly attempt: number;
    /** The end customer on whose behalf the call runs. */
    readonly tenant: string | undefined;
    /** Milliseconds until the call is ended. */
    readonly remainingMs: number;
  }

  export const context: Context;

  /** What the exported functions get as their last parameter. */
  export interface Ctx extends Context {
    readonly settings: Readonly<Record<string, any>>;
  }

  /**
   * The request of an `http` connector, as `export function request(input, request, ctx)` gets it. Change it, or return
   * another one: what is returned may have a body of every kind that `fetch` takes, or be a `Request`.
   */
  export interface DeclaredRequest {
    method: string;
    /** A path behind the group's `base_url`, or a whole URL. */
    url: string;
    headers: Headers;
    body: string | undefined;
  }

  /** What `request` returns; nothing for the request that it was given. */
  export type ChangedRequest = Request | { method?: string; url: string | URL; headers?: HeadersInit; body?: BodyInit | null } | void;

  /**
   * JSON with whole numbers of any size: those beyond 2^53 - 1 are bigints, as in the input of a script. `JSON.parse` makes
   * the nearest double of them, which is another number, and `JSON.stringify` throws for a bigint.
   */
  export const json: {
    parse(text: string): any;
    stringify(value: unknown, replacer?: ((this: any, key: string, value: any) => any) | null, space?: string | number): string;
  };

  type Algorithm = "hmac-sha256" | "hmac-sha384" | "hmac-sha512";
  type Bytes = ArrayBuffer | ArrayBufferView;

  /** Signs with a field of the connection that is marked `use: sign`. The field's value stays in the host. */
  export function sign(field: string, algorithm: Algorithm, data: string | Bytes): Promise<Uint8Array>;
  /** Whether a signature is the field's over this data, compared in constant time. */
  export function verify(field: string, algorithm: Algorithm, data: string | Bytes, signature: Bytes): Promise<boolean>;

  type Line = (message: string, fields?: Record<string, unknown>) => void;
  /** Lines of the call's log with further fields. `console` writes there too. */
  export const log: Readonly<Record<"trace" | "debug" | "info" | "warn" | "error", Line>>;
}

declare module "lockgate/database" {
  /**
   * A parameter. A Date is a moment, a buffer or a view of one is bytes, an array an array, another object JSON. What JSON can't
   * hold, such as a Map or a Blob, is refused, and so are lists beside values in one list, which are no array.
   */
  export type Parameter = null | undefined | boolean | number | bigint | string | Date | ArrayBuffer | ArrayBufferView | Parameter[] | object;
  /** A row by the names of its columns. Decimals, dates and times are texts; whole numbers beyond 2^53 are bigints. */
  export type Row = Record<string, any>;

  export interface Options {
    /** The `name` of a destination; needed where the group has several databases. */
    database?: string;
    readOnly?: boolean;
    maxRows?: number;
    connectTimeoutMs?: number;
    firstByteTimeoutMs?: number;
    totalTimeoutMs?: number;
  }

  export interface Answer<R> {
    rows: R[];
    columns: { name: string; type: string }[];
    /** How many rows were changed, of a statement that changes some. */
    changed: number | undefined;
    /** Whether there are more rows than `maxRows` asked for. */
    more: boolean;
  }

  /** A statement that runs when it is awaited, which gives its rows. */
  export interface Statement<R = Row> extends PromiseLike<R[]> {
    with(options: Options): Statement<R>;
    answer(): Promise<Answer<R>>;
    rows(): Promise<R[]>;
    /** The one row; none or several are an error. */
    one(): Promise<R>;
    /** The one row or undefined; several are an error. */
    optional(): Promise<R | undefined>;
    /** How many rows it changed. */
    execute(): Promise<number>;
  }

  /** Values are bound as parameters and never written into the text; a statement as a value is a part of this one. */
  export type Sql = <R = Row>(strings: TemplateStringsArray, ...values: (Parameter | Statement<any>)[]) => Statement<R>;
  export const sql: Sql;

  /** `values` is an array for `$1` or an object for `:name`. */
  export function query<R = Row>(statement: string, values?: Parameter[] | Record<string, Parameter>, options?: Options): Promise<R[]>;
  export function execute(statement: string, values?: Parameter[] | Record<string, Parameter>, options?: Options): Promise<number>;

  export interface Transaction {
    sql: Sql;
    query: typeof query;
    execute: typeof execute;
  }

  /** Committed when `work` returns, rolled back when it throws. */
  export function transaction<T>(
    work: (transaction: Transaction) => Promise<T> | T,
    options?: { database?: string; readOnly?: boolean; isolation?: "read_committed" | "repeatable_read" | "serializable"; connectTimeoutMs?: number },
  ): Promise<T>;
}

declare module "lockgate/connectors" {
  /**
   * Calls an entry of the group's `uses` and gives its output. It rejects with the `Failure` of the called connector, or
   * with one of the host such as `not-granted` or `connection`.
   */
  export function call<T = any>(connector: string, input?: unknown): Promise<T>;
}

declare module "lockgate/grpc" {
  export interface Options {
    /** Values, or lists of values, by their names. A value of a name that ends in `-bin` is bytes. */
    metadata?: Record<string, string | Uint8Array | readonly (string | Uint8Array)[] | undefined>;
    /** The `name` of a destination, or its address; needed where the group has several gRPC servers. */
    destination?: string;
    /** Whether calling twice has the effect of calling once. */
    idempotent?: boolean;
    /** How often an idempotent call is made in all. */
    attempts?: number;
    backoffMs?: number;
    backoffMaxMs?: number;
    /** Whether the request is packed. */
    gzip?: boolean;
    connectTimeoutMs?: number;
    firstByteTimeoutMs?: number;
    idleTimeoutMs?: number;
    totalTimeoutMs?: number;
  }

  /** Lists of values by their names: texts, or bytes where the name ends in `-bin`. */
  export type Metadata = Readonly<Record<string, any[]>>;

  export interface Reply<T> {
    message: T;
    metadata: Metadata;
    trailers: Metadata;
  }

  /**
   * Calls `package.Service/Method` and gives its message. Messages are objects by protobuf's JSON: names are
   * `lowerCamelCase`, 64-bit numbers are texts (a bigint is written as a number, with all digits), bytes are base64 (a
   * Uint8Array is written so).
   * Numbers that are none are the texts "NaN", "Infinity" and "-Infinity"; as numbers they are refused.
   * A request that is a Uint8Array is protobuf itself, and so is the message then.
   */
  export function call(method: string, request: Uint8Array, options?: Options): Promise<Uint8Array>;
  export function call<T = any>(method: string, request?: object, options?: Options): Promise<T>;
  /** The same, with metadata and trailers. */
  export function reply(method: string, request: Uint8Array, options?: Options): Promise<Reply<Uint8Array>>;
  export function reply<T = any>(method: string, request?: object, options?: Options): Promise<Reply<T>>;

  /** Messages as they come. Leaving the loop ends the call at the server. */
  export interface Messages<T> extends AsyncIterableIterator<T> {
    readonly metadata: Metadata;
    /** What came after the last message; undefined before. */
    readonly trailers: Metadata | undefined;
  }

  /** Calls a method whose answer is a stream: `for await (const message of stream(…)) { … }`. */
  export function stream(method: string, request: Uint8Array, options?: Options): Messages<Uint8Array>;
  export function stream<T = any>(method: string, request?: object, options?: Options): Messages<T>;

  /** The status of a call that did not succeed. */
  export interface Status {
    /** Such as `NOT_FOUND`. */
    readonly status: string;
    readonly message: string;
    readonly metadata: Readonly<Record<string, string[]>>;
    /** Those of a `google.rpc.Status`: objects with `@type`. */
    readonly details: readonly any[];
    /** The first detail of a type, such as `google.rpc.RetryInfo`. */
    find(type: string): any;
  }

  /** The status that a `Failure` stands for; undefined if it is none of a gRPC server. */
  export function statusOf(failure: unknown): Status | undefined;
}

declare module "lockgate/csv" {
  export function parse(text: string, options?: { delimiter?: string; header?: true }): Record<string, string>[];
  export function parse(text: string, options: { delimiter?: string; header: false }): string[][];
  export function stringify(rows: Iterable<Record<string, unknown> | unknown[]>, options?: { delimiter?: string; header?: boolean; columns?: string[] }): string;
}

declare module "lockgate/dates" {
  /** A `Date`, milliseconds since 1970, or a text by ISO 8601. A text without an offset is in the zone of the options. */
  export type DateLike = Date | number | string;
  /** `zone` is a name of the IANA database such as `Europe/Berlin`, `UTC` (the default), or an offset such as `+02:00`. */
  export interface InZone {
    zone?: string;
  }
  export type Unit = "years" | "quarters" | "months" | "weeks" | "days" | "hours" | "minutes" | "seconds" | "milliseconds";
  export type UnitName = Unit | "year" | "quarter" | "month" | "week" | "day" | "hour" | "minute" | "second" | "millisecond";
  /** Whole numbers of years to days, any numbers of hours and less. */
  export type Duration = Partial<Record<UnitName, number>>;
  export interface Parts {
    year: number;
    /** 1 is January. */
    month: number;
    day: number;
    hour: number;
    minute: number;
    second: number;
    millisecond: number;
  }
  export interface AllParts extends Parts {
    /** 1 is Monday, 7 is Sunday. */
    weekday: number;
    dayOfYear: number;
    /** The year of the ISO week, which may be the one before or after. */
    weekYear: number;
    week: number;
    daysInMonth: number;
    /** Minutes that the zone is before UTC then. */
    offsetMinutes: number;
  }

  /**
   * Later by years and months of the zone, then by weeks and days, and then by hours and less; each may have a sign of its own.
   * The 31st becomes the last of a shorter month.
   */
  export function add(date: DateLike, by: Duration, options?: InZone): Date;
  export function subtract(date: DateLike, by: Duration, options?: InZone): Date;
  /** Whole units from one date to another; negative if the other is earlier. Days are the default. */
  export function difference(from: DateLike, to: DateLike, unit?: UnitName, options?: InZone): number;
  /** Of several units, each with what the larger ones leave. */
  export function difference<U extends Unit>(from: DateLike, to: DateLike, units: readonly U[], options?: InZone): Record<U, number>;
  /** The first moment of the unit that a date is in. Weeks begin on Monday. */
  export function startOf(date: DateLike, unit: UnitName, options?: InZone): Date;
  /** The last millisecond of it. */
  export function endOf(date: DateLike, unit: UnitName, options?: InZone): Date;
  /** As text by a pattern, such as `d MMMM yyyy, HH:mm`; letters in `'…'` stand for themselves. */
  export function format(date: DateLike, pattern: string, options?: InZone): string;
  /** The `Date` that a text names by a pattern; `RangeError` where it names none. */
  export function parse(text: string, pattern: string, options?: InZone): Date;
  export function from(date: DateLike, options?: InZone): Date;
  /** The `Date` of its parts; January, the 1st and midnight where they are left out. */
  export function of(parts: Pick<Parts, "year"> & Partial<Parts>, options?: InZone): Date;
  export function parts(date: DateLike, options?: InZone): AllParts;
}

declare module "lockgate/jmespath" {
  /** What an expression of JMESPath finds, or null. Errors have the `code` of the specification, such as `syntax` or `invalid-type`. */
  export function search(expression: string, data: unknown): any;
  /** The same for an expression that is used several times. */
  export function compile(expression: string): (data: unknown) => any;
}

declare module "lockgate/xml" {
  /**
   * `@name` are attributes, `#text` is text beside them; `arrays` names elements that are arrays also when there is one. What
   * is not well-formed by XML 1.0 and Namespaces, and a document type, is a SyntaxError with line and column.
   */
  export function parse(text: string, options?: { arrays?: string[] }): Record<string, any>;
  /** The document of one root. What XML can't say, such as a name with a space, is a TypeError. */
  export function stringify(value: Record<string, unknown>, options?: { declaration?: boolean }): string;
}

type BodyInit = string | ArrayBuffer | ArrayBufferView | Blob | FormData | URLSearchParams;
type HeadersInit = Headers | Record<string, string> | Iterable<readonly [string, string]>;

interface Body {
  readonly bodyUsed: boolean;
  arrayBuffer(): Promise<ArrayBuffer>;
  blob(): Promise<Blob>;
  bytes(): Promise<Uint8Array>;
  formData(): Promise<FormData>;
  /** UTF-8, or the encoding that the content type names where the bytes are no UTF-8. Numbers are doubles: see `json` of "lockgate". */
  json(): Promise<any>;
  /** By a byte order mark, else the encoding that the content type names, else UTF-8. Rejects where the bytes are not of that. */
  text(): Promise<string>;
}

/** When the host repeats a request by itself; without it, never. */
interface RetryInit {
  attempts?: number;
  statuses?: number[];
  connection_errors?: boolean;
  backoff_ms?: number;
  backoff_max_ms?: number;
  any_method?: boolean;
}

interface RequestInit {
  method?: string;
  headers?: HeadersInit;
  body?: BodyInit | null;
  signal?: AbortSignal | null;
  redirect?: "follow" | "manual" | "error";
  retry?: RetryInit;
}

declare class Headers {
  constructor(init?: HeadersInit);
  append(name: string, value: string): void;
  delete(name: string): void;
  get(name: string): string | null;
  getSetCookie(): string[];
  has(name: string): boolean;
  set(name: string, value: string): void;
  forEach(callback: (value: string, name: string, headers: Headers) => void): void;
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}

interface Request extends Body {}
declare class Request {
  constructor(input: string | URL | Request, init?: RequestInit);
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly signal: AbortSignal | null;
  readonly redirect: string;
  clone(): Request;
}

interface Response extends Body {}
declare class Response {
  constructor(body?: BodyInit | null, init?: { status?: number; statusText?: string; headers?: HeadersInit });
  static json(value: unknown, init?: { status?: number; headers?: HeadersInit }): Response;
  static error(): Response;
  readonly status: number;
  readonly ok: boolean;
  readonly statusText: string;
  readonly headers: Headers;
  readonly url: string;
  readonly type: string;
  readonly redirected: boolean;
  clone(): Response;
}

/**
 * Sends a request. The URL is absolute, or relative to the group's `base_url`. The host adds the credential. What is without an
 * answer when the call ends is cancelled: await it.
 */
declare function fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;

declare class URL {
  constructor(url: string | URL, base?: string | URL);
  static canParse(url: string | URL, base?: string | URL): boolean;
  static parse(url: string | URL, base?: string | URL): URL | null;
  href: string;
  readonly origin: string;
  protocol: string;
  username: string;
  password: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  hash: string;
  readonly searchParams: URLSearchParams;
  toString(): string;
  toJSON(): string;
}

declare class URLSearchParams {
  constructor(init?: string | URLSearchParams | Record<string, string> | Iterable<readonly [string, string]>);
  readonly size: number;
  append(name: string, value: string): void;
  delete(name: string, value?: string): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: string): boolean;
  set(name: string, value: string): void;
  sort(): void;
  forEach(callback: (value: string, name: string, params: URLSearchParams) => void): void;
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  [Symbol.iterator](): IterableIterator<[string, string]>;
  toString(): string;
}

declare class Blob {
  constructor(parts?: Iterable<string | ArrayBuffer | ArrayBufferView | Blob>, options?: { type?: string });
  readonly size: number;
  readonly type: string;
  slice(start?: number, end?: number, type?: string): Blob;
  arrayBuffer(): Promise<ArrayBuffer>;
  bytes(): Promise<Uint8Array>;
  text(): Promise<string>;
}

declare class File extends Blob {
  constructor(parts: Iterable<string | ArrayBuffer | ArrayBufferView | Blob>, name: string, options?: { type?: string; lastModified?: number });
  readonly name: string;
  readonly lastModified: number;
}

declare class FormData {
  append(name: string, value: string | Blob, fileName?: string): void;
  delete(name: string): void;
  get(name: string): string | File | null;
  getAll(name: string): (string | File)[];
  has(name: string): boolean;
  set(name: string, value: string | Blob, fileName?: string): void;
  forEach(callback: (value: string | File, name: string, form: FormData) => void): void;
  entries(): IterableIterator<[string, string | File]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string | File>;
  [Symbol.iterator](): IterableIterator<[string, string | File]>;
}

declare class Event {
  constructor(type: string, options?: { cancelable?: boolean });
  readonly type: string;
  readonly target: EventTarget | null;
  readonly currentTarget: EventTarget | null;
  readonly defaultPrevented: boolean;
  preventDefault(): void;
  stopPropagation(): void;
  stopImmediatePropagation(): void;
}

declare class EventTarget {
  addEventListener(type: string, listener: ((event: Event) => void) | null, options?: { once?: boolean; signal?: AbortSignal }): void;
  removeEventListener(type: string, listener: ((event: Event) => void) | null): void;
  dispatchEvent(event: Event): boolean;
}

declare class AbortSignal extends EventTarget {
  static abort(reason?: unknown): AbortSignal;
  static timeout(milliseconds: number): AbortSignal;
  static any(signals: Iterable<AbortSignal>): AbortSignal;
  readonly aborted: boolean;
  readonly reason: any;
  onabort: ((event: Event) => void) | null;
  throwIfAborted(): void;
}

declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

declare class DOMException extends Error {
  constructor(message?: string, name?: string);
  readonly code: number;
}

declare class TextEncoder {
  readonly encoding: string;
  encode(text?: string): Uint8Array;
  encodeInto(text: string, target: Uint8Array): { read: number; written: number };
}

/** By any label of the Encoding standard. */
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(input?: ArrayBuffer | ArrayBufferView, options?: { stream?: boolean }): string;
}

declare function atob(text: string): string;
declare function btoa(text: string): string;
declare function structuredClone<T>(value: T): T;
declare function queueMicrotask(callback: () => void): void;
declare function setTimeout<A extends unknown[]>(callback: (...values: A) => void, milliseconds?: number, ...values: A): number;
declare function setInterval<A extends unknown[]>(callback: (...values: A) => void, milliseconds?: number, ...values: A): number;
declare function clearTimeout(id: number | undefined): void;
declare function clearInterval(id: number | undefined): void;

declare const performance: { now(): number; readonly timeOrigin: number };

/** Lines of the call's log. */
declare const console: {
  log(...values: unknown[]): void;
  info(...values: unknown[]): void;
  debug(...values: unknown[]): void;
  trace(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
  dir(value: unknown): void;
  table(value: unknown): void;
  assert(condition?: boolean, ...values: unknown[]): void;
  count(label?: string): void;
  countReset(label?: string): void;
  group(...values: unknown[]): void;
  groupCollapsed(...values: unknown[]): void;
  groupEnd(): void;
  time(label?: string): void;
  timeLog(label?: string, ...values: unknown[]): void;
  timeEnd(label?: string): void;
};

type HashName = "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";
type KeyUsage = "sign" | "verify";

declare class CryptoKey {
  private constructor();
  readonly type: "secret";
  readonly extractable: boolean;
  readonly algorithm: { name: "HMAC"; hash: { name: HashName }; length: number };
  readonly usages: KeyUsage[];
}

declare const crypto: {
  randomUUID(): string;
  getRandomValues<T extends ArrayBufferView>(array: T): T;
  readonly subtle: {
    digest(algorithm: HashName | { name: HashName }, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer>;
    importKey(
      format: "raw",
      data: ArrayBuffer | ArrayBufferView,
      algorithm: { name: "HMAC"; hash: HashName | { name: HashName } },
      extractable: boolean,
      usages: KeyUsage[],
    ): Promise<CryptoKey>;
    importKey(
      format: "jwk",
      data: { k?: string },
      algorithm: { name: "HMAC"; hash: HashName | { name: HashName } },
      extractable: boolean,
      usages: KeyUsage[],
    ): Promise<CryptoKey>;
    generateKey(algorithm: { name: "HMAC"; hash: HashName | { name: HashName }; length?: number }, extractable: boolean, usages: KeyUsage[]): Promise<CryptoKey>;
    exportKey(format: "raw", key: CryptoKey): Promise<ArrayBuffer>;
    exportKey(format: "jwk", key: CryptoKey): Promise<Record<string, unknown>>;
    sign(algorithm: "HMAC" | { name: "HMAC" }, key: CryptoKey, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer>;
    verify(algorithm: "HMAC" | { name: "HMAC" }, key: CryptoKey, signature: ArrayBuffer | ArrayBufferView, data: ArrayBuffer | ArrayBufferView): Promise<boolean>;
  };
};
