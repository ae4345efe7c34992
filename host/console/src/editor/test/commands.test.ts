import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

import { fromPlain } from '../../json/plain';
import { type Call, command, curl, quoted } from './commands';

const call: Call = {
  origin: 'http://127.0.0.1:7747', path: '/v1/workspaces/default/groups/shop/connectors/item', reference: 'shop/item', workspace: 'default',
  input: fromPlain({ text: `it's "so" $HOME \`id\` \\ !`, n: 1 }), choice: { kind: 'fixed', name: 'my own', tenant: '' },
};

/** The words that a shell makes of a command. */
function words(text: string): string[] {
  const { stdout, status } = spawnSync('sh', ['-c', `for word in ${text}; do printf '%s\\0' "$word"; done`], { encoding: 'utf8', env: { LOCKGATE_TOKEN: 'lg_x' } });
  expect(status).toBe(0);
  return stdout.split('\0').slice(0, -1);
}

test('a shell takes each text as it is', () => {
  for (const text of ['', 'a', "'", `a'b"c`, '$(id)', 'a\nb', '*', '-', '\u202e']) expect(words(quoted(text))).toEqual([text]);
});

test('the command of curl sends what the test sends', () => {
  const [name, url, ...more] = words(curl(call));
  expect([name, url]).toEqual(['curl', 'http://127.0.0.1:7747/v1/workspaces/default/groups/shop/connectors/item/invoke']);
  expect(more).toContain('authorization: Bearer lg_x');
  expect(JSON.parse(more.at(-1) ?? '')).toEqual({ input: { text: `it's "so" $HOME \`id\` \\ !`, n: 1 }, connection: { fixed: 'my own' } });
});

test('the command line names connection, tenant and workspace', () => {
  expect(words(command(call))).toEqual([
    'LOCKGATE_URL=http://127.0.0.1:7747', 'lockgate', 'invoke', 'shop/item', `--input={"text":"it's \\"so\\" $HOME \`id\` \\\\ !","n":1}`, '--connection=my own',
  ]);
  const other = { ...call, workspace: 'team', input: fromPlain(-1), choice: { kind: 'dynamic', name: '', tenant: 'ada' } } as const;
  expect(words(command(other)).slice(4)).toEqual(['--input=-1', '--tenant=ada', '--workspace=team']);
});
