import type { JsonObject } from '../api/json';

export type Kind = 'http' | 'grpc' | 'none';
export type SignIn = 'none' | 'api_key' | 'bearer' | 'basic';

export interface Start {
  name: string;
  slug: string;
  description: string;
  kind: Kind;
  address: string;
  signIn: SignIn;
  header: string;
  internal: boolean;
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
  }
}

/** The definition that a new group begins with. */
export function starting(start: Start): JsonObject {
  const group: JsonObject = { slug: start.slug, name: start.name, resource_type: start.internal ? 'INTERNAL' : 'EXTERNAL' };
  if (start.description !== '') group.description = start.description;
  if (start.kind === 'none') return group;
  const signs = start.signIn !== 'none';
  const credential = signs ? 'main' : 'none';
  if (signs) group.activation = { credentials: { main: { methods: { [start.signIn === 'api_key' ? 'key' : start.signIn]: method(start) } } } };
  if (start.kind === 'grpc') {
    group.destinations = [{ name: 'server', grpc: start.address, credential }];
    group.protos = { reflection: true };
    return group;
  }
  group.base_url = start.address;
  const plain: JsonObject = start.address.startsWith('http:') && signs ? { plaintext: true } : {};
  group.destinations = [{ url: start.address, credential, ...plain }];
  return group;
}
