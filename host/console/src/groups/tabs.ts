import type { Component } from 'svelte';
import type { Resource } from '../api/resource.svelte';
import type { Scope } from '../api/scope';
import type { Group } from '../api/types';

/** What every part of a group's page gets. */
export interface TabProps {
  scope: Scope;
  ref: string;
  /** The group, which is there, and its ETag. */
  resource: Resource<Group>;
}

interface Tab {
  /** After the group's address; empty for the first. */
  path: string;
  label: string;
  shown: (group: Group) => boolean;
  load: () => Promise<{ default: Component<TabProps> }>;
}

const always = () => true;

/** The parts of a group's page. */
export const TABS: Tab[] = [
  { path: '', label: 'Connectors', shown: always, load: () => import('./ConnectorsTab.svelte') },
  { path: 'definition', label: 'Definition', shown: always, load: () => import('./definition/DefinitionTab.svelte') },
  { path: 'connections', label: 'Connections', shown: always, load: () => import('../connections/ConnectionsTab.svelte') },
  { path: 'installation', label: 'Installation', shown: always, load: () => import('../installation/InstallationTab.svelte') },
  { path: 'uses', label: 'Grants', shown: (group) => Array.isArray(group.uses) && group.uses.length > 0, load: () => import('../uses/UsesTab.svelte') },
];
