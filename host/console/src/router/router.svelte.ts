import { guards } from './guard.svelte';
import { inside } from './match';

/** Where the browser is, and how it goes elsewhere. Paths are those of the browser's history. */
class Router {
  path = $state(location.pathname);
  query = $state.raw(new URLSearchParams(location.search));
  /** Counts arrivals at other paths, so that a screen knows that it is new. */
  arrivals = $state(0);
  #position = 0;
  /** Set while the history is put back after a refused step. */
  #returning = false;
  #allowed = false;

  constructor() {
    this.#position = (history.state as { position?: number } | null)?.position ?? 0;
    history.replaceState({ position: this.#position }, '');
    addEventListener('popstate', (event) => void this.#stepped(event));
    document.addEventListener('click', (event) => this.#clicked(event));
  }

  /** Goes to a path of the console, if nothing unsaved is lost by it or the person agrees. */
  async go(address: string, options: { replace?: boolean; force?: boolean } = {}): Promise<boolean> {
    const target = inside(address);
    const other = target.split('?')[0] !== this.path;
    if (other && options.force !== true && !(await guards.leave())) return false;
    if (options.replace === true) history.replaceState({ position: this.#position }, '', target);
    else {
      this.#position += 1;
      history.pushState({ position: this.#position }, '', target);
    }
    this.#arrive();
    return true;
  }

  /** Changes parameters of the address and stays on the screen. */
  setQuery(values: Record<string, string | null>): void {
    const query = new URLSearchParams(this.query);
    for (const [key, value] of Object.entries(values)) {
      if (value === null || value === '') query.delete(key);
      else query.set(key, value);
    }
    const text = query.toString();
    history.replaceState({ position: this.#position }, '', this.path + (text === '' ? '' : `?${text}`));
    this.query = query;
  }

  #arrive(): void {
    if (this.path !== location.pathname) {
      this.path = location.pathname;
      this.arrivals += 1;
    }
    this.query = new URLSearchParams(location.search);
  }

  async #stepped(event: PopStateEvent): Promise<void> {
    if (this.#returning) {
      this.#returning = false;
      return;
    }
    const position = (event.state as { position?: number } | null)?.position ?? 0;
    const step = position - this.#position;
    if (!this.#allowed && step !== 0 && location.pathname !== this.path && guards.unsaved) {
      // The browser has gone already: it goes back, and forth again if the person agrees.
      this.#returning = true;
      history.go(-step);
      if (await guards.ask()) {
        this.#allowed = true;
        history.go(step);
      }
      return;
    }
    this.#allowed = false;
    this.#position = position;
    this.#arrive();
  }

  #clicked(event: MouseEvent): void {
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (event.defaultPrevented || !plain) return;
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
    if (link === undefined || link.target !== '' || link.hasAttribute('download')) return;
    if (link.origin !== location.origin || !/^\/console(\/|$)/.test(link.pathname)) return;
    event.preventDefault();
    void this.go(link.pathname + link.search);
  }
}

export const router = new Router();
