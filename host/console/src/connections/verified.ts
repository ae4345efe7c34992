/** What is said of a connection that was verified. */

/** The answer of `POST …/verify`. */
export interface Verification {
  result: string;
  status?: number;
  destinations?: { name: string | null; place: string; result: string; code?: string; detail?: string }[];
}

/** What the page shows: one sentence, and a line for each server that was tried. */
export interface Said {
  tone: 'good' | 'warn' | 'bad';
  text: string;
  lines?: string[];
}

export function verified(answer: Verification): Said {
  const lines = (answer.destinations ?? []).map(({ name, place, result, code, detail }) => {
    const why = [code, detail].filter((part) => part !== undefined).join(' ');
    return `${name === null ? place : `${name} (${place})`}: ${why === '' ? result : `${result}, ${why}`}`;
  });
  switch (answer.result) {
    case 'verified': return { tone: 'good', text: 'It works: the system took the credentials.', lines };
    case 'refused': return { tone: 'bad', text: `The system refused the credentials${answer.status === undefined ? '' : ` with the status ${answer.status}`}.`, lines };
    case 'connected': return { tone: 'good', text: 'The servers can be reached. Whether they take the credentials, a call tells.', lines };
    case 'failed': return { tone: 'bad', text: 'A server of the group can not be used with this connection.', lines };
    default: return { tone: 'warn', text: 'It can not be checked: the group declares no request for that.', lines };
  }
}
