import type { Dependents } from '../api/types';

/** What is lost with a group, a sentence each. */
export function lost(dependents: Dependents): string[] {
  const lines: string[] = [];
  for (const { workspace, tenant, count } of dependents.connections) {
    const owner = tenant !== null ? `the tenant “${tenant}” of ${workspace ?? 'the organization'}` : workspace === null ? 'the organization' : `the workspace “${workspace}”`;
    lines.push(`${count} ${count === 1 ? 'connection' : 'connections'} of ${owner}`);
  }
  for (const workspace of dependents.installations) {
    lines.push(workspace === null ? 'the settings of the organization' : `the settings of the workspace “${workspace}”`);
  }
  if (dependents.plugins.length > 0) lines.push(`${dependents.plugins.length} ${dependents.plugins.length === 1 ? 'plugin' : 'plugins'}`);
  if (dependents.connectors.length > 0) lines.push(`connectors: ${dependents.connectors.join(', ')}`);
  for (const { token, name, calls } of dependents.callers) {
    lines.push(`the token ${name ?? token ?? '(deleted)'} called it ${calls} ${calls === 1 ? 'time' : 'times'} in the last seven days`);
  }
  return lines;
}
