/** What a path gave for the names of a pattern. */
export type Parameters = Record<string, string>;

/** Matches a path with a pattern such as `/console/:kind/:slug`. A segment that is no valid encoding matches nothing. */
export function match(pattern: string, path: string): Parameters | null {
  const wanted = pattern.split('/').filter(Boolean);
  const given = path.split('/').filter(Boolean);
  if (wanted.length !== given.length) return null;
  const found: Parameters = {};
  for (const [index, part] of wanted.entries()) {
    const text = decode(given[index] ?? '');
    if (text === null) return null;
    if (part.startsWith(':')) found[part.slice(1)] = text;
    else if (part !== text) return null;
  }
  return found;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** A path of the console out of anything: what does not lead to one of its screens leads to the first. */
export function inside(address: string): string {
  try {
    const url = new URL(address, 'http://console.invalid');
    const own = url.origin === 'http://console.invalid' && /^\/console(\/|$)/.test(url.pathname);
    return own ? url.pathname + url.search : '/console';
  } catch {
    return '/console';
  }
}
