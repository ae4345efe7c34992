import type { Component } from 'svelte';
import { scopeOf, type Scope } from '../api/scope';
import { match, type Parameters } from '../router/match';

/** What every screen gets. */
export interface ScreenProps {
  scope: Scope;
  /** What the path gave for the names of its pattern, decoded. */
  params: Parameters;
}

type Screen = Component<ScreenProps>;

interface Route {
  /** After the scope's prefix. */
  pattern: string;
  /** The entry of the navigation that it belongs to. */
  section: string;
  load: () => Promise<{ default: Screen }>;
  /** Paths with the same key are one screen that stays. By default each path is a screen of its own. */
  key?: (params: Parameters) => string;
}

const group = () => import('../groups/GroupPage.svelte');
const oneGroup = (params: Parameters) => `group ${params.ref}`;

/**
 * The screens. The first pattern that matches counts. What makes a new thing is not below the list of such things, where one
 * may have any name.
 */
export const ROUTES: Route[] = [
  { pattern: 'groups', section: 'groups', load: () => import('../groups/Groups.svelte') },
  { pattern: 'new-group', section: 'groups', load: () => import('../groups/NewGroup.svelte') },
  { pattern: 'groups/:ref/new-connection', section: 'groups', load: () => import('../connections/NewConnection.svelte') },
  { pattern: 'groups/:ref/connections/:connection', section: 'groups', load: () => import('../connections/ConnectionPage.svelte') },
  { pattern: 'groups/:ref/new-connector', section: 'groups', load: () => import('../editor/connector/NewConnector.svelte') },
  { pattern: 'groups/:ref/connectors/:connector', section: 'groups', load: () => import('../editor/connector/ConnectorPage.svelte') },
  { pattern: 'groups/:ref/connectors/:connector/versions', section: 'groups', load: () => import('../editor/versions/VersionsPage.svelte') },
  { pattern: 'groups/:ref/plugins', section: 'groups', load: () => import('../editor/plugins/PluginsPage.svelte') },
  { pattern: 'groups/:ref/new-plugin', section: 'groups', load: () => import('../editor/plugins/LoadPlugin.svelte') },
  { pattern: 'groups/:ref', section: 'groups', load: group, key: oneGroup },
  { pattern: 'groups/:ref/:tab', section: 'groups', load: group, key: oneGroup },
  { pattern: 'connections', section: 'connections', load: () => import('../connections/Connections.svelte') },
  { pattern: 'calls', section: 'calls', load: () => import('../calls/Calls.svelte') },
  { pattern: 'calls/:call', section: 'calls', load: () => import('../calls/CallPage.svelte') },
  { pattern: 'tenants', section: 'tenants', load: () => import('../access/Tenants.svelte') },
  { pattern: 'tokens', section: 'tokens', load: () => import('../access/Tokens.svelte') },
  { pattern: 'audit', section: 'audit', load: () => import('../access/Audit.svelte') },
  { pattern: 'imports', section: 'groups', load: () => import('../imports/Imports.svelte') },
  { pattern: 'settings', section: 'settings', load: () => import('../settings/Settings.svelte') },
];

export interface Arrival {
  route: Route;
  scope: Scope;
  params: Parameters;
  key: string;
}

/** The screen of a path, or null where there is none. */
export function arrival(path: string): Arrival | null {
  for (const route of ROUTES) {
    const params = match(`/console/:kind/:slug/${route.pattern}`, path);
    if (params === null) continue;
    const { kind, slug, ...rest } = params;
    if ((kind !== 'workspaces' && kind !== 'organizations') || slug === undefined) return null;
    const scope = scopeOf(kind, slug);
    return { route, scope, params: rest, key: `${scope.url} ${route.key?.(rest) ?? path}` };
  }
  return null;
}
