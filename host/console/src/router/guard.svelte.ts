// Unsaved work: whoever holds some says so, and leaving asks.

type Asks = () => Promise<boolean>;

class Guards {
  #unsaved = new Set<() => boolean>();
  /** Set by the application: asks the person whether to leave. */
  ask: Asks = () => Promise.resolve(true);

  /** Adds a holder of unsaved work; the returned function removes it. */
  add(unsaved: () => boolean): () => void {
    this.#unsaved.add(unsaved);
    return () => this.#unsaved.delete(unsaved);
  }

  get unsaved(): boolean {
    return [...this.#unsaved].some((holder) => holder());
  }

  /** Whether the page may be left now. */
  async leave(): Promise<boolean> {
    return !this.unsaved || (await this.ask());
  }
}

export const guards = new Guards();

addEventListener('beforeunload', (event) => {
  if (guards.unsaved) event.preventDefault();
});
