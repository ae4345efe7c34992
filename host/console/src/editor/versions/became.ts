/** A version that became current, as the routes `…/history` list it. */
export interface Became {
  /** The plugin or connector. */
  name: string;
  /** The digest or number; null where the current version was deleted. */
  version: string | null;
  action: string;
  at: string;
  token: string | null;
}
