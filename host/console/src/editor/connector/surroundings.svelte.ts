// What a test needs to know of the group: its connections, and whether a call needs one.
import { get } from '../../api/client';
import { all } from '../../api/pages.svelte';
import { asProblem, type Problem } from '../../api/problem';
import type { Connection } from '../test/connection';
import type { ConnectorRoutes } from './requests';

export class Surroundings {
  connections = $state.raw<Connection[]>([]);
  /** Whether calls of the group name a connection. */
  needed = $state(false);
  loaded = $state(false);
  problem = $state<Problem | null>(null);

  async load(routes: ConnectorRoutes): Promise<void> {
    this.problem = null;
    try {
      const group = await get<{ activation?: unknown }>(routes.group);
      this.needed = group.activation !== undefined && group.activation !== null;
      if (this.needed) this.connections = await all<Connection>(`${routes.group}/connections`);
    } catch (error) {
      this.problem = asProblem(error);
    }
    this.loaded = true;
  }
}
