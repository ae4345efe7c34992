/** A violation of a schema or rule, at its JSON pointer. */
export interface Violation {
  pointer: string;
  rule?: string;
  detail: string;
}

/** The members of a problem document (RFC 9457) as the host sends it. */
export interface ProblemDocument {
  type?: string;
  title?: string;
  code?: string;
  status?: number;
  fault?: 'caller' | 'plugin' | 'upstream' | 'host';
  detail?: string;
  retryable?: boolean;
  instance?: string;
  errors?: Violation[];
  limit?: { name: string; value: unknown; setting?: string };
  failure?: { code: string; message: string; retryable?: boolean; retry_after_ms?: number; details?: unknown };
}

/** An answer of the host that is not a success, or none at all (`status` 0). */
export class Problem extends Error {
  readonly status: number;
  /** `LG` and four digits; null where no host answered, or something else did. */
  readonly code: string | null;
  readonly document: ProblemDocument;
  /** Seconds to wait, where the host says so. */
  readonly retryAfter: number | null;

  constructor(status: number, document: ProblemDocument, retryAfter: number | null = null) {
    super(document.detail ?? document.title ?? `The answer has the status ${status}.`);
    this.name = 'Problem';
    this.status = status;
    this.code = document.code ?? null;
    this.document = document;
    this.retryAfter = retryAfter;
  }

  /** The page of the code, if its address is one that a link can have. */
  get page(): string | null {
    const type = this.document.type;
    return type !== undefined && /^https?:\/\//.test(type) ? type : null;
  }

  get violations(): Violation[] {
    return this.document.errors ?? [];
  }

  /** Whether nobody answered: the connection, and not the request, is at fault. */
  get unreachable(): boolean {
    return this.status === 0;
  }

  /** Whether the object has changed since it was read. */
  get stale(): boolean {
    return this.status === 412;
  }
}

/** What a caught value is as a problem. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new Problem(-1, { title: 'The console failed.', detail });
}

/** Whether a request was cancelled by the console itself. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** Reads the problem of an answer, whatever stands in its body. */
export async function readProblem(answer: Response): Promise<Problem> {
  const wait = Number(answer.headers.get('retry-after'));
  const retryAfter = Number.isFinite(wait) && wait > 0 ? wait : null;
  const type = answer.headers.get('content-type') ?? '';
  if (type.includes('json')) {
    try {
      return new Problem(answer.status, (await answer.json()) as ProblemDocument, retryAfter);
    } catch {
      // Below: an answer that says it is JSON and is not.
    }
  }
  return new Problem(answer.status, { title: answer.statusText || `Status ${answer.status}` }, retryAfter);
}
