import type { Json } from '../api/json';

/** What an import changes, as `POST S/imports` answers. */
export interface Plan {
  dry_run: boolean;
  changes: boolean;
  groups: GroupPlan[];
  installations: InstallationPlan[];
}

type Action = 'create' | 'update' | 'none' | 'delete' | 'conflict';

/** What a folder sets for a group. */
export interface InstallationPlan {
  group: string;
  action: Action;
  changes: Array<{ pointer: string; from: Json; to: Json }>;
  removed_clients: string[];
  missing_clients: string[];
}

interface SetChange {
  added: string[];
  removed: string[];
}

export interface GroupPlan {
  slug: string;
  name: string;
  action: Action;
  renamed_from: string | null;
  conflicts: Array<{ member: string; value: string; group: string; choices: string[] }>;
  changes: Array<{ pointer: string; from: Json; to: Json }>;
  connectors: { added: string[]; changed: string[]; removed: string[]; breaks: Array<{ connector: string; pointer: string; detail: string }> };
  plugins: { current: Array<{ name: string; version: string; digest: string }>; removed: string[] };
  capabilities: SetChange;
  destinations: SetChange;
  review: { connections: number; texts: string[] };
  needs: { credentials?: Record<string, Record<string, string[]>>; fields?: string[]; oauth_clients?: string[] };
}

/** What an import brings and takes, a sentence each; what goes further than before is marked. */
export function lines(plan: GroupPlan): Array<{ text: string; mark: 'plain' | 'wider' | 'lost' }> {
  const found: Array<{ text: string; mark: 'plain' | 'wider' | 'lost' }> = [];
  const add = (mark: 'plain' | 'wider' | 'lost', text: string) => found.push({ text, mark });
  if (plan.action === 'delete') add('lost', 'The group is deleted, with its connectors, plugins and connections.');
  if (plan.renamed_from !== null) add('plain', `It gets the slug ${plan.slug} in place of ${plan.renamed_from}.`);
  for (const one of plan.destinations.added) add('wider', `New destination: ${one}`);
  for (const one of plan.destinations.removed) add('plain', `No longer a destination: ${one}`);
  for (const one of plan.capabilities.added) add('wider', `New capability of its plugins: ${one}`);
  for (const one of plan.capabilities.removed) add('plain', `No longer a capability: ${one}`);
  for (const one of plan.plugins.current) add('wider', `Plugin ${one.name} ${one.version} becomes current (${one.digest.slice(0, 19)}…)`);
  for (const one of plan.plugins.removed) add('lost', `The plugin ${one} is removed.`);
  for (const one of plan.connectors.added) add('plain', `New connector: ${one}`);
  for (const one of plan.connectors.changed) add('plain', `Changed connector: ${one}`);
  for (const one of plan.connectors.removed) add('lost', `The connector ${one} is deleted.`);
  for (const one of plan.connectors.breaks) add('lost', `Callers of ${one.connector} may fail: ${one.pointer} ${one.detail}`);
  if (plan.review.connections > 0) add('lost', `${plan.review.connections} connections can not be used until an admin accepts: ${plan.review.texts.join('; ')}`);
  const places = plan.changes.map((one) => one.pointer);
  if (places.length > 0) add('plain', `Changed places of the definition: ${places.slice(0, 12).join(', ')}${places.length > 12 ? ` and ${places.length - 12} more` : ''}`);
  return found;
}

/** The same of what is set for a group. */
export function installed(plan: InstallationPlan): Array<{ text: string; mark: 'plain' | 'lost' }> {
  const places = plan.changes.map((one) => ({ text: `Changed: ${one.pointer}`, mark: 'plain' as const }));
  const lost = plan.removed_clients.map((one) => ({ text: `The OAuth client of ${one} is deleted, with its secret.`, mark: 'lost' as const }));
  const missing = plan.missing_clients.map((one) => ({ text: `The OAuth client of ${one} has no id yet: it is set under “Installation”.`, mark: 'plain' as const }));
  return [...places, ...lost, ...missing];
}

/** The names of what somebody has to enter before it can be called. */
export function needed(plan: GroupPlan): string[] {
  const found: string[] = [];
  for (const [credential, methods] of Object.entries(plan.needs.credentials ?? {})) {
    for (const [method, fields] of Object.entries(methods)) found.push(`${credential} by ${method}${fields.length > 0 ? `: ${fields.join(', ')}` : ''}`);
  }
  for (const field of plan.needs.fields ?? []) found.push(`the value ${field}`);
  for (const credential of plan.needs.oauth_clients ?? []) found.push(`an OAuth client for ${credential}, in the installation`);
  return found;
}

/** Whether saying yes may break callers. */
export function narrows(plan: Plan): boolean {
  const clients = plan.installations.some((one) => one.removed_clients.length > 0 || one.action === 'delete');
  return clients || plan.groups.some((group) => group.action === 'delete' || group.connectors.removed.length > 0 || group.connectors.breaks.length > 0);
}
