// Which connection a call runs with, as the body of a call says it.
import { fromPlain } from '../../json/plain';
import { type Json } from '../../json/value';

export interface Choice {
  kind: 'none' | 'fixed' | 'dynamic';
  /** The connection's name; of a dynamic one it may be left out. */
  name: string;
  /** Of a dynamic one. */
  tenant: string;
}

/** A connection of the list of a group. */
export interface Connection {
  id: string;
  name: string;
  tenant: string | null;
  state: string;
  enabled: boolean;
}

export function chosen(choice: Choice): Json | null {
  switch (choice.kind) {
    case 'none':
      return null;
    case 'fixed':
      return choice.name === '' ? null : fromPlain({ fixed: choice.name });
    case 'dynamic':
      return fromPlain({ dynamic: { tenant: choice.tenant, ...(choice.name === '' ? {} : { name: choice.name }) } });
  }
}

/** What to begin with: the only connection that belongs to the scope itself, or the first. */
export function initial(connections: readonly Connection[], needed: boolean): Choice {
  const own = connections.filter((one) => one.tenant === null);
  const first = own.find((one) => one.state === 'active') ?? own[0];
  if (first) return { kind: 'fixed', name: first.name, tenant: '' };
  const theirs = connections.find((one) => one.tenant !== null);
  if (theirs) return { kind: 'dynamic', name: '', tenant: theirs.tenant ?? '' };
  return { kind: needed ? 'fixed' : 'none', name: '', tenant: '' };
}
