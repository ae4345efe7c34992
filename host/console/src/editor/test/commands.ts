// How a program calls a connector: what the test sends, as commands that a shell takes.
import { printJson } from '../../json/print';
import type { Json } from '../../json/value';
import { type Choice, chosen } from './connection';

/** A call as the API takes it. */
export interface Call {
  /** Where the host is. */
  origin: string;
  /** The route of the connector. */
  path: string;
  /** `group/connector`. */
  reference: string;
  /** The workspace whose connector it is. */
  workspace: string;
  input: Json;
  choice: Choice;
}

/** A word of a POSIX shell that stands for exactly this text. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The token is a variable: commands are kept in histories. */
export function curl({ origin, path, input, choice }: Call): string {
  const body = new Map<string, Json>([['input', input]]);
  const connection = chosen(choice);
  if (connection !== null) body.set('connection', connection);
  return [
    `curl ${quoted(`${origin}${path}/invoke`)}`,
    `  -H "authorization: Bearer $LOCKGATE_TOKEN" -H 'content-type: application/json'`,
    `  -d ${quoted(printJson(body, 0))}`,
  ].join(' \\\n');
}

/** The same by the command line, which takes the token from the same variable. */
export function command({ origin, reference, workspace, input, choice }: Call): string {
  const named = choice.kind === 'none' || choice.name === '' ? '' : ` --connection=${quoted(choice.name)}`;
  const tenant = choice.kind === 'dynamic' ? ` --tenant=${quoted(choice.tenant)}` : '';
  const where = workspace === 'default' ? '' : ` --workspace=${quoted(workspace)}`;
  return `LOCKGATE_URL=${quoted(origin)} lockgate invoke ${quoted(reference)} --input=${quoted(printJson(input, 0))}${named}${tenant}${where}`;
}
