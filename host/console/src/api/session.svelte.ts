import { asProblem, isAbort, Problem, readProblem } from './problem';

export const ROLES = ['viewer', 'invoker', 'editor', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who is signed in, as `GET /console/session` answers. */
export interface Session {
  role: Role;
  scope: { organization: string; workspace: string | null };
  groups: string[] | null;
  tenants: string[] | null;
  csrf: string;
  idle_expires: string;
  absolute_expires: string;
  host: { version: string; public_url: string | null };
}

const PATH = '/console/session';

class SessionState {
  /** Null where nobody is signed in. */
  current = $state<Session | null>(null);
  /** False until the host has said whether somebody is signed in. */
  known = $state(false);
  /** A session that ended while the page was open: its screens stay, and a sign-in stands over them. */
  lost = $state(false);
  /** Why the host could not be asked. */
  problem = $state<Problem | null>(null);
  #waiting: Array<(signedIn: boolean) => void> = [];

  /** Whether the role is at least this one. It decides what is shown; the host decides what is allowed. */
  may(role: Role): boolean {
    return this.current !== null && ROLES.indexOf(this.current.role) >= ROLES.indexOf(role);
  }

  /** Whether the token owns the host: an admin of the organization `default`. */
  get owner(): boolean {
    const session = this.current;
    return session?.role === 'admin' && session.scope.organization === 'default' && session.scope.workspace === null;
  }

  /** Asks the host who is signed in. */
  async load(): Promise<void> {
    this.problem = null;
    try {
      const answer = await fetch(PATH, { headers: { accept: 'application/json' } });
      if (answer.ok) this.current = (await answer.json()) as Session;
      else if (answer.status !== 401) throw await readProblem(answer);
      this.known = true;
    } catch (error) {
      if (!isAbort(error)) this.problem = error instanceof TypeError ? unreachable() : asProblem(error);
    }
  }

  /** Signs in by a token or by the code of a link. */
  async signIn(by: { token: string } | { link: string }): Promise<void> {
    let answer: Response;
    try {
      const headers = { 'content-type': 'application/json', accept: 'application/json' };
      answer = await fetch(PATH, { method: 'POST', headers, body: JSON.stringify(by) });
    } catch {
      throw unreachable();
    }
    if (!answer.ok) throw await readProblem(answer);
    const before = this.current;
    this.current = (await answer.json()) as Session;
    this.known = true;
    const other = this.lost && before !== null && !sameRights(before, this.current);
    this.lost = false;
    this.#settle(!other);
  }

  /** Ends the session, or all sessions of its token. */
  async signOut(everywhere: boolean): Promise<void> {
    const csrf = this.current?.csrf ?? '';
    const path = everywhere ? `${PATH}?everywhere=true` : PATH;
    let answer: Response;
    try {
      answer = await fetch(path, { method: 'DELETE', headers: { 'x-lockgate-csrf': csrf } });
    } catch {
      throw unreachable();
    }
    if (!answer.ok && answer.status !== 401) throw await readProblem(answer);
    this.forget();
  }

  /** Leaves without asking the host. */
  forget(): void {
    this.current = null;
    this.lost = false;
    this.#settle(false);
  }

  /** The session has ended. Resolves to whether the request may be repeated. */
  ended(): Promise<boolean> {
    if (this.current === null) return Promise.resolve(false);
    this.lost = true;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #settle(signedIn: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(signedIn);
  }
}

/** Whether requests of one session may be repeated in another: never on behalf of somebody else's scope. */
function sameRights(a: Session, b: Session): boolean {
  return a.scope.organization === b.scope.organization && a.scope.workspace === b.scope.workspace;
}

export function unreachable(): Problem {
  return new Problem(0, {
    title: 'The host does not answer.',
    detail: 'The host does not answer. Check that it runs and that this machine reaches it; what you typed is kept.',
  });
}

export const session = new SessionState();
