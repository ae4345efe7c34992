// What loading a component does, or would do.
export interface Plugin {
  name: string;
  version: string;
  description: string | null;
  digest: string;
  current: boolean;
  bad: boolean;
  loaded_at: string;
  sdk: { name: string; version: string } | null;
  connectors: string[];
  capabilities: Capabilities;
}

export interface Capabilities {
  wanted: string[];
  imported: string[];
  granted: string[];
  missing: string[];
}

export interface Report {
  plugin: Plugin;
  /** Whether it is, or would be, current. */
  current: boolean;
  previous: string | null;
  connectors: { added: string[]; changed: string[]; removed: string[]; breaks: { connector: string; pointer: string; detail: string }[] };
}

/** What a capability lets a plugin do, in a sentence. */
const MEANING: Record<string, string> = {
  http: 'Send HTTP requests to the destinations of the group; the host adds credentials that the plugin never sees.',
  grpc: 'Call gRPC methods at the destinations of the group; the host adds credentials that the plugin never sees.',
  database: 'Run statements in the databases of the group; the host logs in, and the plugin never sees the password.',
  signing: 'Have the host sign data with secrets of the connection that are marked for it; the plugin never sees them.',
  connectors: 'Call other connectors that an operator grants by name.',
};

export function meaning(capability: string): string {
  return MEANING[capability] ?? 'This console does not know what it is for.';
}

/** Whether something is taken from callers of the current version. */
export function takes(report: Report): boolean {
  return report.connectors.removed.length > 0 || report.connectors.breaks.length > 0;
}

/** The beginning of a digest, as it is read aloud. */
export function short(digest: string): string {
  return digest.replace('sha256:', '').slice(0, 12);
}
