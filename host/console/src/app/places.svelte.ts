import { all } from '../api/pages.svelte';
import { asProblem, type Problem } from '../api/problem';
import { scopeOf, type Scope } from '../api/scope';
import { session } from '../api/session.svelte';

export interface Organization {
  slug: string;
  name: string;
  enabled: boolean;
}

export interface Workspace extends Organization {
  organization: string;
  known_tenants_only: boolean;
}

const KEY = 'lockgate.place';

/** The organizations and workspaces in which the session is valid. */
class Places {
  organizations = $state.raw<Organization[]>([]);
  workspaces = $state.raw<Workspace[]>([]);
  problem = $state<Problem | null>(null);

  async load(): Promise<void> {
    try {
      this.problem = null;
      const whole = session.current?.scope.workspace === null;
      [this.workspaces, this.organizations] = await Promise.all([
        all<Workspace>('/v1/workspaces'),
        whole ? all<Organization>('/v1/organizations') : Promise.resolve([]),
      ]);
    } catch (error) {
      this.problem = asProblem(error);
    }
  }

  /** Where to begin: the place of the last time, or the first workspace. */
  async first(): Promise<Scope | null> {
    const { current } = session;
    if (current === null) return null;
    if (current.scope.workspace !== null) return scopeOf('workspaces', current.scope.workspace);
    await this.load();
    const kept = this.workspaces.find((workspace) => workspace.slug === read());
    const workspace = kept ?? this.workspaces[0];
    return workspace ? scopeOf('workspaces', workspace.slug) : scopeOf('organizations', current.scope.organization);
  }

  remember(scope: Scope): void {
    if (scope.kind !== 'workspaces') return;
    try {
      localStorage.setItem(KEY, scope.slug);
    } catch {
      // The next time begins elsewhere.
    }
  }
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export const places = new Places();
