// Violations at their fields.
import type { Violation } from '../../api/problem';

/** What is wrong at exactly this place. */
export function at(errors: readonly Violation[], pointer: string): string | null {
  const found = errors.filter((one) => one.pointer === pointer).map((one) => one.detail);
  return found.length > 0 ? found.join(' · ') : null;
}

/** Those at a place or below it, with pointers from there. */
export function below(errors: readonly Violation[], pointer: string): Violation[] {
  return errors
    .filter((one) => one.pointer === pointer || one.pointer.startsWith(`${pointer}/`))
    .map((one) => ({ ...one, pointer: one.pointer.slice(pointer.length) }));
}
