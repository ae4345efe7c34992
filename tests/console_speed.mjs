// How long a person waits for the console's screens: `node tests/console_speed.mjs`, after `./dev setup`, `./dev console` and
// `cargo build --bin lockgate`. A host of its own gets 1,000 groups with a connection each, 100,000 records of calls, 500
// tenants and 200 tokens. Then a browser clicks its way through, and for each screen the time from the click to the frame that
// has its content is printed: of the first click, which also loads the screen's file, and the median and the worst of further
// ones.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const GROUPS = 1000;
const CALLS = 100_000;
const TENANTS = 500;
const TOKENS = 200;
const AGAIN = 7;

const root = fileURLToPath(new URL('..', import.meta.url));
const { chromium } = createRequire(join(root, 'target/oauth/'))('playwright-core');
const folder = await mkdtemp(join(tmpdir(), 'lockgate-console-'));
const data = join(folder, 'data');
const base = '/console/workspaces/default';

let host = await started();
try {
  const { calls } = await filled(host);
  await ended(host);
  multiplied();
  host = await started();
  await measured(host, calls);
} finally {
  await ended(host);
  await rm(folder, { recursive: true, force: true });
}

async function started() {
  const process = spawn(join(root, 'target/debug/lockgate'), ['serve', '--data-dir', data, '--listen', '127.0.0.1:0'], { stdio: 'ignore' });
  await rm(join(data, 'address'), { force: true });
  const address = `http://${(await eventually(() => readFile(join(data, 'address'), 'utf8'))).trim()}`;
  await eventually(async () => (await fetch(`${address}/readyz`)).ok || Promise.reject(new Error('not ready')));
  return { process, address, token: (await readFile(join(data, 'admin-token'), 'utf8')).trim() };
}

async function ended({ process }) {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const over = new Promise((resolve) => process.once('exit', resolve));
  process.kill();
  await over;
}

/** Everything but the number of calls comes by the API. */
async function filled({ address, token }) {
  const post = async (path, body) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    for (;;) {
      const answer = await fetch(`${address}/v1/workspaces/default${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      // The rate of the token.
      if (answer.status === 429) await new Promise((resolve) => setTimeout(resolve, 100));
      else return { status: answer.status, body: await answer.json() };
    }
  };
  const made = async (path, body) => {
    const answer = await post(path, body);
    if (answer.status !== 201) throw new Error(JSON.stringify(answer));
  };
  const numbers = (count) => Array.from({ length: count }, (_, index) => String(index).padStart(4, '0'));
  const schema = { type: 'object', properties: { name: { type: 'string' } } };
  const source = 'export default ({ name }) => ({ text: `Hello, ${name.trim()}!` });\n';
  for (const number of numbers(GROUPS)) {
    await made('/groups', {
      slug: `group-${number}`, name: `Group ${number}`, description: `The system ${number}, with two connectors.`, resource_type: 'EXTERNAL',
      base_url: `https://api-${number}.example`, destinations: [{ url: `https://api-${number}.example`, credential: 'main' }],
      activation: { credentials: { main: { methods: { key: { type: 'api_key', in: 'header', name: 'x-api-key' } } } } },
      connectors: [
        { name: 'item', type: 'http', input_schema: schema, output_schema: true, http: { method: 'GET', path: '/item' } },
        { name: 'greet', type: 'function', input_schema: schema, output_schema: true, script: { language: 'javascript', source } },
      ],
    });
    await made(`/groups/group-${number}/connections`, { name: 'main', credentials: { main: { values: { value: `key-${number}` } } } });
  }
  for (const number of numbers(TENANTS)) await made('/tenants', { name: `tenant-${number}` });
  for (const number of numbers(TOKENS)) await made('/tokens', { name: `program ${number}`, role: 'invoker' });
  // Real calls of ten groups, which are multiplied afterwards: one of three fails.
  const statuses = new Set();
  for (const number of numbers(10)) {
    for (const input of [{ name: 'Ada' }, { name: 'Bo' }, {}]) {
      const answer = await post(`/groups/group-${number}/connectors/greet/invoke`, { input, connection: { fixed: 'main' } });
      statuses.add(answer.status);
    }
  }
  if (statuses.size !== 2) throw new Error(`the calls ended with ${[...statuses]}`);
  const list = async () => (await (await fetch(`${address}/v1/workspaces/default/calls?limit=500`, { headers: { authorization: `Bearer ${token}` } })).json()).items;
  const calls = await eventually(async () => {
    const items = await list();
    return items.length === 30 ? items : Promise.reject(new Error('the calls are not recorded'));
  });
  return { calls };
}

/** Copies of the real records in the store of the ended host, with ids of the last week: ids sort by time. */
function multiplied() {
  const columns = 'scope, connector, plugin, token, outcome, duration_us, cpu_us, peak_memory_bytes, host_calls, connector_version, failure, connection, attempts, parent';
  const now = Date.now();
  const rows = Array.from({ length: CALLS - 30 }, (_, n) => {
    const at = now - (n + 1) * 6000;
    return `(${n}, ${at}, X'${at.toString(16).padStart(12, '0')}7${randomBytes(10).toString('hex').slice(1)}')`;
  });
  const parts = Array.from({ length: Math.ceil(rows.length / 1000) }, (_, part) => `INSERT INTO made VALUES ${rows.slice(part * 1000, part * 1000 + 1000).join(',')};`);
  const input = `
    CREATE TEMP TABLE real AS SELECT row_number() OVER (ORDER BY id) - 1 AS number, * FROM calls;
    CREATE TEMP TABLE known AS SELECT row_number() OVER (ORDER BY id) - 1 AS number, id FROM groups;
    CREATE TEMP TABLE made (n INTEGER PRIMARY KEY, at INTEGER, id BLOB);
    BEGIN; ${parts.join('\n')}
    INSERT INTO calls (id, ended_at, group_id, tenant, ${columns})
      SELECT made.id, made.at, known.id, printf('tenant-%04d', n % ${TENANTS}), ${columns}
      FROM made JOIN real ON real.number = n % 30 JOIN known ON known.number = n % ${GROUPS};
    COMMIT;`;
  execFileSync('sqlite3', [join(data, 'lockgate.db')], { input });
}

async function measured({ address, token }, calls) {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(`${address}/console`);
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForSelector('.cards');
    const group = `${base}/groups/group-0500`;
    const screens = [
      ['the groups', `${base}/groups`, '.cards > li'],
      ['the groups that a search finds', `${base}/groups?q=0777`, '.cards > li:only-child'],
      ['the ready-made groups', `${base}/groups?from=community`, '.cards > li, .empty'],
      ['a group: connectors', group, 'tbody tr'],
      ['a group: definition', `${group}/definition`, '#limits input'],
      ['a group: connections', `${group}/connections`, 'tbody tr'],
      ['a group: installation', `${group}/installation`, 'textarea'],
      ['a connector, with its test', `${group}/connectors/item`, '#test-heading'],
      ['versions of a connector', `${group}/connectors/item/versions`, 'tbody tr'],
      ['plugins of a group', `${group}/plugins`, '.empty, tbody tr'],
      ['a connection', `${group}/connections/main`, '.facts'],
      ['all connections', `${base}/connections`, 'tbody tr'],
      ['the connections of a tenant', `${base}/connections?tenant=nobody`, '.empty'],
      ['the calls', `${base}/calls`, 'tbody tr'],
      ['calls that failed', `${base}/calls?outcome=failed`, 'tbody tr'],
      ['calls of one group', `${base}/calls?group=group-0500`, 'tbody tr'],
      ['calls of one tenant', `${base}/calls?tenant=tenant-0123`, 'tbody tr'],
      ['calls that nothing is like', `${base}/calls?connector=nothing`, '.empty'],
      ['a call', `${base}/calls/${calls[0].id}`, '.facts'],
      ['the tenants', `${base}/tenants`, 'tbody tr'],
      ['the tokens', `${base}/tokens`, 'tbody tr'],
      ['the audit', `${base}/audit`, 'tbody tr'],
      ['the settings', `${base}/settings`, '.facts'],
      ['a new group', `${base}/new-group`, 'textarea'],
      ['a new connector', `${group}/new-connector`, '.kinds'],
    ];
    console.log('| screen | first click | further clicks: median | worst |\n| --- | --- | --- | --- |');
    for (const [name, path, selector] of screens) {
      const times = [];
      for (let count = 0; count <= AGAIN; count += 1) {
        // From a screen that is another one and at rest.
        await clicked(page, `${base}/imports`, 'input[type=file]');
        await page.waitForLoadState('networkidle');
        times.push(await clicked(page, path, selector));
      }
      const [first, ...more] = times;
      more.sort((a, b) => a - b);
      console.log(`| ${name} | ${first.toFixed(0)} ms | ${more[Math.floor(more.length / 2)].toFixed(0)} ms | ${more.at(-1).toFixed(0)} ms |`);
    }
  } finally {
    await browser.close();
  }
}

/** The milliseconds from a click on a link to the frame that shows this. */
async function clicked(page, path, selector) {
  return await page.evaluate(
    async ([path, selector]) => {
      const link = document.createElement('a');
      link.href = path;
      document.body.append(link);
      const began = performance.now();
      link.click();
      link.remove();
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      // What was shown before is gone with the click, or is the same content.
      await frame();
      while (location.pathname + location.search !== path || document.querySelector(`#main ${selector}`.replaceAll(', ', ', #main ')) === null) {
        if (performance.now() - began > 60_000) throw new Error(`${path} never shows ${selector}`);
        await frame();
      }
      return performance.now() - began;
    },
    [path, selector],
  );
}

/** The result of what succeeds at some time. */
async function eventually(action) {
  for (let left = 600; ; left -= 1) {
    try {
      return await action();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
