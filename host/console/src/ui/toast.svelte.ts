import type { Problem } from '../api/problem';

export interface Toast {
  id: number;
  text: string;
  problem: Problem | null;
}

class Toasts {
  list = $state<Toast[]>([]);
  #next = 0;

  /** Says that something was done. It goes by itself; a problem stays until it is closed. */
  say(text: string): void {
    const id = this.#add(text, null);
    setTimeout(() => this.close(id), 6000);
  }

  fail(problem: Problem): void {
    this.#add(problem.message, problem);
  }

  close(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  #add(text: string, problem: Problem | null): number {
    const id = (this.#next += 1);
    this.list = [...this.list.slice(-3), { id, text, problem }];
    return id;
  }
}

export const toasts = new Toasts();
