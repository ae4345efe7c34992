// What the host answers, as far as screens read it. docs/api.md describes every member.
import type { Json, JsonObject } from './json';

/** Members that an answer adds to the definition of a group. A `PUT` leaves them out. */
export const ADDED_TO_GROUP = ['id', 'version', 'created_at', 'updated_at', 'connector_names', 'connections', 'ref', 'package'] as const;

/** The definition of a group with what the answer adds. */
export type Group = JsonObject & {
  id: string;
  slug: string;
  name: string;
  resource_type: 'EXTERNAL' | 'INTERNAL';
  enabled: boolean;
  version: number | string;
  connector_names: string[];
  /** In lists: how many connections of the scope are in which state. */
  connections?: Partial<Record<ConnectionState, number>>;
  ref?: string;
  description?: string;
  image_url?: string;
  documentation_url?: string;
  tags?: string[];
  package?: { name: string; version: string };
  created_at?: string;
  updated_at?: string;
};

/** The part of an answer that is the definition. */
export function definitionOf(group: Group): JsonObject {
  const added: readonly string[] = ADDED_TO_GROUP;
  return Object.fromEntries(Object.entries(group).filter(([key]) => !added.includes(key)));
}

export type ConnectionState = 'pending' | 'active' | 'expired' | 'needs_reauth' | 'needs_review' | 'disabled';

export interface Connection {
  id: string;
  name: string;
  tenant: string | null;
  group?: string;
  state: ConnectionState;
  enabled: boolean;
  default: boolean;
  methods: Record<string, string>;
  fields: Record<string, Json>;
  credentials: Record<string, Record<string, Json>>;
  expires_at: string | null;
  credentials_at: string | null;
  created_at: string;
  updated_at: string;
  version: number;
  /** Where a person agrees at the provider, while the connection waits for that. */
  authorize_url?: string | null;
  tokens?: Record<string, TokenFacts>;
  review?: { digest: string; changes: Array<{ text: string; wider: boolean }> } | null;
}

/** What is known of the tokens of a credential by OAuth. */
export interface TokenFacts {
  issued_at: string | null;
  expires_at: string | null;
  refresh_expires_at: string | null;
  failure?: { code: string; detail: string; since: string; retry_at: string | null };
}

export interface ConnectorRow {
  name: string;
  title?: string | null;
  description?: string | null;
  tags?: string[];
  hints?: { read_only?: boolean; idempotent?: boolean; destructive?: boolean } | null;
  type: string;
  enabled: boolean;
  plugin?: string | null;
  version?: number | null;
}

export interface Token {
  id: string;
  name: string;
  role: string;
  enabled: boolean;
  groups: string[] | null;
  tenants: string[] | null;
  expires_at: string | null;
  used_at: string | null;
  created_at: string;
  requests_per_second?: number;
  burst?: number;
  version: number;
}

export interface Call {
  id: string;
  group: string | null;
  group_id: string;
  connector: string;
  plugin?: string | null;
  version?: number | null;
  /** The call whose code made it. */
  parent: string | null;
  token: string | null;
  tenant: string | null;
  connection: string | null;
  outcome: string;
  failure: string | null;
  attempts: number | null;
  ended_at: string;
  duration_us: number;
  usage: { cpu_us: number; peak_memory_bytes: number; host_calls: number } | null;
  logs?: Array<{ level: string; message: string; fields?: Record<string, Json> }> | null;
}

export interface AuditEntry {
  id: number;
  at: string;
  token: string | null;
  action: string;
  organization: string | null;
  workspace: string | null;
  subject: string;
}

export interface Dependents {
  connections: Array<{ workspace: string | null; tenant: string | null; count: number }>;
  installations: Array<string | null>;
  plugins: unknown[];
  connectors: string[];
  callers: Array<{ token: string | null; name?: string | null; calls: number }>;
}
