// Saving, as far as a person decides on the way.
import { asProblem } from '../../api/problem';
import type { Json } from '../../json/value';
import type { Choice } from '../test/connection';
import { type ConnectorRoutes, definitionOf } from './requests';

/** How it ended. What else can go wrong is thrown. */
export type End =
  | { is: 'saved'; value: Json; etag: string | null }
  /** Somebody else has saved meanwhile. */
  | { is: 'stale'; theirs: Json; etag: string | null }
  /** The person did not want what it breaks. */
  | { is: 'refused' };

interface Held {
  readonly current: Json;
  readonly etag: string | null;
}

/** Saves; asks before callers may fail, and finds out what is saved where it is another version than the one begun with. */
export async function saving(
  routes: ConnectorRoutes,
  name: string | null,
  draft: Held,
  choice: Choice,
  agree: (breaks: string[]) => Promise<boolean>,
): Promise<End> {
  const connection: Record<string, string> = choice.kind === 'fixed' && choice.name !== '' ? { connection: choice.name } : {};
  const send = async (query: Record<string, string | boolean>): Promise<End> => {
    const answer = await routes.save(name, draft.current, query, draft.etag);
    return { is: 'saved', value: answer.data, etag: answer.etag };
  };
  try {
    return await send(connection);
  } catch (error) {
    const problem = asProblem(error);
    if (problem.code === 'LG2010' && name !== null) {
      const breaks = problem.violations.map((one) => `${one.pointer}: ${one.detail}`);
      return (await agree(breaks)) ? await send({ ...connection, allow_removal: true }) : { is: 'refused' };
    }
    if (problem.stale && name !== null) {
      const answer = await routes.get(name);
      const theirs = definitionOf(answer.data);
      return { is: 'stale', theirs: theirs === null ? draft.current : await routes.authored(theirs), etag: answer.etag };
    }
    throw error;
  }
}
