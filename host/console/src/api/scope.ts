import { segment } from './client';

/** A workspace or an organization: where every screen but the sign-in is. */
export interface Scope {
  kind: 'workspaces' | 'organizations';
  slug: string;
  /** The prefix of its routes. */
  api: string;
  /** The prefix of its screens. */
  url: string;
}

export function scopeOf(kind: Scope['kind'], slug: string): Scope {
  const path = `${kind}/${segment(slug)}`;
  return { kind, slug, api: `/v1/${path}`, url: `/console/${path}` };
}

/** The routes of a group. */
export function groupApi(scope: Scope, ref: string): string {
  return `${scope.api}/groups/${segment(ref)}`;
}

/** The screens of a group. */
export function groupUrl(scope: Scope, ref: string): string {
  return `${scope.url}/groups/${segment(ref)}`;
}

/** Where a reference leads: to the scope itself, to its organization, or to what comes with the host. */
export function originOf(ref: string): 'own' | 'organization' | 'community' {
  if (ref.startsWith('org:')) return 'organization';
  return ref.startsWith('community:') ? 'community' : 'own';
}
