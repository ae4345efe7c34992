import { parseJson } from './json';
import { readProblem } from './problem';
import { session, unreachable } from './session.svelte';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Options {
  /** JSON, or the bytes of a component. */
  body?: unknown;
  bytes?: Blob;
  query?: Record<string, string | number | boolean | null | undefined>;
  headers?: Record<string, string>;
  /** The ETag that the object must still have. */
  match?: string | null;
  signal?: AbortSignal;
}

export interface Answer<T> {
  data: T;
  etag: string | null;
  status: number;
}

/** Appends parameters; those without a value are left out. */
export function withQuery(path: string, query: Options['query'] = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '');
  if (pairs.length === 0) return path;
  return `${path}?${new URLSearchParams(pairs.map(([key, value]) => [key, String(value)]))}`;
}

function request(method: Method, options: Options): RequestInit {
  const headers: Record<string, string> = { accept: 'application/json', ...options.headers };
  if (method !== 'GET') headers['x-lockgate-csrf'] = session.current?.csrf ?? '';
  if (options.match) headers['if-match'] = options.match;
  let body: BodyInit | undefined;
  if (options.bytes !== undefined) body = options.bytes;
  else if (options.body !== undefined) {
    headers['content-type'] ??= method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    body = JSON.stringify(options.body);
  }
  return { method, headers, body, signal: options.signal };
}

/**
 * Sends a request with the session, and returns the answer's text. A session that has ended is renewed by the person, and
 * the request repeated; nothing of the page is lost. Throws a `Problem` for every answer that is no success.
 */
export async function sendText(method: Method, path: string, options: Options = {}): Promise<Answer<string>> {
  const answer = await success(method, path, options);
  return { data: await answer.text(), etag: answer.headers.get('etag'), status: answer.status };
}

/** Reads a file, with the name that the host gives it. */
export async function getFile(path: string, otherwise: string): Promise<File> {
  const answer = await success('GET', path, { headers: { accept: '*/*' } });
  const name = /filename="([^"/\\]+)"/.exec(answer.headers.get('content-disposition') ?? '')?.[1] ?? otherwise;
  return new File([await answer.blob()], name);
}

async function success(method: Method, path: string, options: Options): Promise<Response> {
  const address = withQuery(path, options.query);
  for (;;) {
    let answer: Response;
    try {
      answer = await fetch(address, request(method, options));
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw unreachable();
    }
    if (answer.status === 401 && (await session.ended())) continue;
    if (!answer.ok) throw await readProblem(answer);
    return answer;
  }
}

/** Sends a request and reads the answer as JSON; `data` is null where it is empty. */
export async function send<T>(method: Method, path: string, options: Options = {}): Promise<Answer<T>> {
  const answer = await sendText(method, path, options);
  return { ...answer, data: (answer.data === '' ? null : parseJson(answer.data)) as T };
}

export async function get<T>(path: string, options: Options = {}): Promise<T> {
  return (await send<T>('GET', path, options)).data;
}

/** One segment of a path. The colon of a reference stays as it is. */
export function segment(text: string): string {
  return encodeURIComponent(text).replaceAll('%3A', ':');
}
