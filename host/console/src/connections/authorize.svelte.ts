import { get } from '../api/client';
import { asProblem } from '../api/problem';
import type { Connection } from '../api/types';

/**
 * A person agrees at a provider: in a pop-up that is opened while the click is handled, before its address is known, so that
 * browsers allow it. Where none opens, the page shows a link. Meanwhile the host is asked whether it is done.
 */
export class Authorization {
  /** Where the person agrees, while that is waited for. */
  address = $state<string | null>(null);
  /** Whether the browser refused the pop-up. */
  blocked = $state(false);
  /** Whether the person closed the pop-up before it was done. */
  closed = $state(false);
  #popup: Window | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Opens the empty pop-up; call it first thing in the handler of a click. */
  prepare(): void {
    const [width, height] = [640, 780];
    const left = Math.max(0, screenX + (outerWidth - width) / 2);
    const top = Math.max(0, screenY + (outerHeight - height) / 2);
    this.#popup = window.open('', '_blank', `popup,width=${width},height=${height},left=${left},top=${top}`);
  }

  /** Nothing is to be agreed to. */
  cancel(): void {
    this.#popup?.close();
    this.stop();
  }

  /** Leads the pop-up to the provider, and calls back when the connection has changed. */
  begin(address: string, path: string, before: Connection, done: (connection: Connection) => void): void {
    this.address = address;
    this.closed = false;
    this.blocked = this.#popup === null || this.#popup.closed;
    if (this.#popup !== null && !this.blocked) {
      // The provider's pages get no handle on the console.
      this.#popup.opener = null;
      this.#popup.location.replace(address);
    }
    this.#poll(path, before, done, 0);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.address = null;
    this.#popup = null;
  }

  #poll(path: string, before: Connection, done: (connection: Connection) => void, failures: number): void {
    this.#timer = setTimeout(async () => {
      try {
        const now = await get<Connection>(path);
        if (isNew(before, now)) {
          this.#popup?.close();
          this.stop();
          return done(now);
        }
        this.closed = this.#popup?.closed === true;
        failures = 0;
      } catch (error) {
        // A host that restarts answers again; another answer is final.
        const problem = asProblem(error);
        if (!problem.unreachable && problem.status < 500) return this.stop();
        failures += 1;
      }
      if (this.address !== null) this.#poll(path, before, done, failures);
    }, Math.min(1200 * 2 ** failures, 15_000));
  }
}

/** Whether tokens have come since. */
function isNew(before: Connection, now: Connection): boolean {
  const issued = (connection: Connection) => Object.values(connection.tokens ?? {}).map((one) => one.issued_at ?? '').sort().join();
  return issued(before) !== issued(now) || (before.state !== 'active' && now.state === 'active');
}
