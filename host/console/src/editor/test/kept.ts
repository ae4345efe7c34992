// The input of a test, kept for the tab: over a reload, and when a new connector gets its name.
const key = (place: string) => `lockgate.draft:input:${place}`;

/** Where the input of a connector is kept; of one that has no name yet, by its type. */
export function placeOf(group: string, name: string | null, type: string): string {
  return name === null ? `${group}/+${type}` : `${group}/${name}`;
}

export function keptInput(place: string): string | null {
  try {
    return sessionStorage.getItem(key(place));
  } catch {
    return null;
  }
}

/** Keeps an input; null forgets it. Where the browser keeps nothing, it is not kept over a reload. */
export function keepInput(place: string, text: string | null) {
  try {
    if (text === null) sessionStorage.removeItem(key(place));
    else sessionStorage.setItem(key(place), text);
  } catch {
    // Nothing else depends on it.
  }
}

/** The connector at one place is now at another. */
export function moveInput(from: string, to: string) {
  const text = keptInput(from);
  if (text === null) return;
  keepInput(to, text);
  keepInput(from, null);
}
