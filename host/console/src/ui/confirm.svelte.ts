export interface Question {
  title: string;
  /** What will happen, a sentence each. */
  text?: string[];
  /** What breaks or is lost by it, an item each. */
  breaks?: string[];
  /** The word on the button that does it. */
  action: string;
  cancel?: string;
  danger?: boolean;
  /** A name to type before it is done. */
  typed?: string;
}

class Confirm {
  question = $state<Question | null>(null);
  #answer: ((yes: boolean) => void) | null = null;

  /** Asks the person. A second question at the same time is answered with no. */
  ask(question: Question): Promise<boolean> {
    if (this.question !== null) return Promise.resolve(false);
    this.question = question;
    return new Promise((resolve) => (this.#answer = resolve));
  }

  answer(yes: boolean): void {
    this.question = null;
    this.#answer?.(yes);
    this.#answer = null;
  }
}

const confirmation = new Confirm();
export default confirmation;

export function confirm(question: Question): Promise<boolean> {
  return confirmation.ask(question);
}
