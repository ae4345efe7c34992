import { getContext, setContext } from 'svelte';
import type { Problem } from '../../api/problem';

/** What the parts of a definition's form share. */
export class Form {
  problem = $state<Problem | null>(null);
  readonly = $state(false);
  /** Parts that are typed as YAML and have mistakes, by their pointers. */
  mistakes = $state<Record<string, string>>({});

  /** What the host found wrong exactly here. */
  at(pointer: string): string | null {
    return this.problem?.violations.find((one) => one.pointer === pointer)?.detail ?? null;
  }

  note(pointer: string, mistake: string | null): void {
    if (mistake !== null) this.mistakes = { ...this.mistakes, [pointer]: mistake };
    else if (pointer in this.mistakes) this.mistakes = Object.fromEntries(Object.entries(this.mistakes).filter(([key]) => key !== pointer));
  }
}

const KEY = Symbol('form');

export function shareForm(form: Form): Form {
  return setContext(KEY, form);
}

export function useForm(): Form {
  return getContext<Form>(KEY);
}
