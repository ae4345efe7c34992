import type { ConnectionState } from '../api/types';

interface Shown {
  tone: 'good' | 'warn' | 'bad' | 'idle';
  text: string;
  /** Why, and what to do. */
  reason: string;
}

/** How a state of a connection is shown. */
export function shownState(state: ConnectionState): Shown {
  switch (state) {
    case 'active':
      return { tone: 'good', text: 'Active', reason: 'Calls can use it.' };
    case 'pending':
      return { tone: 'warn', text: 'Pending', reason: 'It has no values yet: enter them, or send somebody the page on which to connect.' };
    case 'expired':
      return { tone: 'idle', text: 'Expired', reason: 'Its token is renewed with the next call. Nothing is to be done.' };
    case 'needs_reauth':
      return { tone: 'bad', text: 'Needs reconnecting', reason: 'Its values expired or were refused, and can not be renewed by themselves: reconnect it.' };
    case 'needs_review':
      return { tone: 'bad', text: 'Needs review', reason: 'The group may now go further than when the values were entered. Calls are refused until an admin accepts the change.' };
    case 'disabled':
      return { tone: 'idle', text: 'Disabled', reason: 'Somebody switched it off: calls that name it are refused.' };
  }
}
