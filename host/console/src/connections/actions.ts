import { get } from '../api/client';
import type { Page } from '../api/pages.svelte';
import type { Scope } from '../api/scope';
import type { Call, Connection } from '../api/types';
import { ago } from '../ui/time';

/** Who used a connection last, as far as the latest records of its group say; a sentence each. */
export async function lastUses(scope: Scope, ref: string, connection: Connection): Promise<string[]> {
  try {
    const page = await get<Page<Call>>(`${scope.api}/calls`, { query: { group: ref, limit: 200, tenant: connection.tenant } });
    const uses = page.items.filter((call) => call.connection === connection.id || call.connection === connection.name);
    const [last] = uses;
    if (last === undefined) return ['None of the latest calls of the group in this scope used it.'];
    return [`Used last ${ago(last.ended_at)}, by ${last.connector} with the token ${last.token ?? '(deleted)'}; ${uses.length} of the latest ${page.items.length} calls used it.`];
  } catch {
    return ['Who used it last could not be read.'];
  }
}
