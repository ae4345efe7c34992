import type { JsonObject } from '../api/json';

export type Kind = 'http' | 'grpc' | 'database' | 'none';
export type SignIn = 'none' | 'api_key' | 'bearer' | 'basic' | 'oauth2';

/** Where a database is. The port may be left to the engine. */
export interface Database {
  engine: string;
  host: string;
  port: string;
  name: string;
}

/** A provider of OAuth at which a person agrees. */
export interface Provider {
  authorizeUrl: string;
  tokenUrl: string;
  /** With blanks between them. */
  scopes: string;
}

export interface Start {
  name: string;
  slug: string;
  description: string;
  kind: Kind;
  address: string;
  signIn: SignIn;
  header: string;
  oauth: Provider;
  database: Database;
  internal: boolean;
  /** Whether what signs in may be sent without TLS. Nothing else says so. */
  plaintext: boolean;
}

/** Whether what signs in would be sent without TLS. */
export function isClear(kind: Kind, address: string, signIn: SignIn): boolean {
  return (kind === 'http' || kind === 'grpc') && /^http:/i.test(address) && signIn !== 'none';
}

/** A slug out of a name: what is left of it in small letters, digits and hyphens. */
export function slugOf(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+/, '').slice(0, 63).replace(/-+$/, '');
}

function method(start: Start): JsonObject {
  switch (start.signIn) {
    case 'none':
    case 'bearer':
    case 'basic':
      return { type: start.signIn };
    case 'api_key':
      return { type: 'api_key', in: 'header', name: start.header };
    case 'oauth2': {
      const { authorizeUrl, tokenUrl, scopes } = start.oauth;
      const wanted = scopes.split(/\s+/).filter(Boolean);
      return { type: 'oauth2', grant: 'authorization_code', authorize_url: authorizeUrl, token_url: tokenUrl, ...(wanted.length > 0 ? { scopes: wanted } : {}) };
    }
  }
}

/** A port that is no number is left to the host, which refuses it at its place. */
function place({ engine, host, port, name }: Database): JsonObject {
  const number = /^\d+$/.test(port) ? Number(port) : port;
  return { engine, host, ...(port === '' ? {} : { port: number }), ...(name === '' ? {} : { name }) };
}

/** The names of methods, by which connections choose. */
const METHODS: Record<SignIn, string> = { none: 'none', api_key: 'key', bearer: 'bearer', basic: 'basic', oauth2: 'oauth' };

/** The definition that a new group begins with. */
export function starting(start: Start): JsonObject {
  const group: JsonObject = { slug: start.slug, name: start.name, resource_type: start.internal ? 'INTERNAL' : 'EXTERNAL' };
  if (start.description !== '') group.description = start.description;
  if (start.kind === 'none') return group;
  const signs = start.signIn !== 'none';
  const credential = signs ? 'main' : 'none';
  if (signs) group.activation = { credentials: { main: { methods: { [METHODS[start.signIn]]: method(start) } } } };
  const plain: JsonObject = start.plaintext && isClear(start.kind, start.address, start.signIn) ? { plaintext: true } : {};
  if (start.kind === 'grpc') {
    group.destinations = [{ name: 'server', grpc: start.address, credential, ...plain }];
    group.protos = { reflection: true };
    return group;
  }
  if (start.kind === 'database') {
    group.destinations = [{ name: 'main', database: place(start.database), credential }];
    return group;
  }
  group.base_url = start.address;
  group.destinations = [{ url: start.address, credential, ...plain }];
  return group;
}
