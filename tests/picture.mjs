// Makes the picture of the README, docs/console.png: `node tests/picture.mjs`, after `./dev setup`, `./dev console` and
// `cargo build --bin lockgate`. A host of its own with a group and a connector, a small server that it calls, and a browser
// in which the connector is tested.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { chromium } = createRequire(join(root, 'target/oauth/'))('playwright-core');
const folder = await mkdtemp(join(tmpdir(), 'lockgate-picture-'));
const data = join(folder, 'data');

const ITEM = { id: 4711, name: 'Chair “Ada”', price: 129.9, currency: 'EUR', in_stock: 12, tags: ['oak', 'kitchen'] };
const shop = createServer((request, answer) => {
  answer.setHeader('content-type', 'application/json');
  answer.end(JSON.stringify({ ...ITEM, id: Number(request.url.split('/').at(-1)) }));
});
await new Promise((resolve) => shop.listen(0, '127.0.0.1', resolve));
const upstream = `127.0.0.1:${shop.address().port}`;
const group = {
  slug: 'shop', name: 'Acme Shop', description: 'Items and prices of the shop', resource_type: 'INTERNAL', base_url: `http://${upstream}`,
  activation: { credentials: { main: { methods: { key: { type: 'api_key', in: 'header', name: 'x-api-key' } } } } },
  destinations: [{ url: `http://${upstream}`, credential: 'main', plaintext: true }],
  connectors: [
    {
      name: 'get_item', title: 'Get an item', description: 'One item of the shop with its price.', type: 'http', hints: { read_only: true },
      input_schema: { type: 'object', required: ['id'], properties: { id: { type: 'string', title: 'Number of the item' } } },
      output_schema: true, http: { method: 'GET', path: '/items/{{id}}' },
    },
  ],
};
const connection = { name: 'main', credentials: { main: { values: { value: 'a-key-that-nobody-sees' } } } };

await writeFile(join(folder, 'lockgate.toml'), `reachable = ["${upstream}"]\n`);
const program = join(root, 'target/debug/lockgate');
const host = spawn(program, ['serve', '--data-dir', data, '--listen', '127.0.0.1:0', '--config', join(folder, 'lockgate.toml')], { stdio: 'ignore' });
try {
  const address = `http://${await eventually(() => readFile(join(data, 'address'), 'utf8'))}`.trim();
  await eventually(async () => (await fetch(`${address}/readyz`)).ok || Promise.reject(new Error('not ready')));
  const token = (await readFile(join(data, 'admin-token'), 'utf8')).trim();
  const post = async (path, body) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(`${address}/v1/workspaces/default${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(await answer.text());
  };
  await post('/groups', group);
  await post('/groups/shop/connections', connection);
  await draw(address, token);
} finally {
  host.kill();
  shop.close();
  await rm(folder, { recursive: true, force: true });
}

async function draw(address, token) {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1360, height: 860 }, colorScheme: 'light', reducedMotion: 'reduce' });
    await page.goto(`${address}/console/workspaces/default/groups/shop/connectors/get_item`);
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('textbox', { name: /Number of the item/ }).fill('4711');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByText('Chair “Ada”').first().waitFor();
    await page.mouse.move(0, 0);
    await page.screenshot({ path: join(root, 'docs/console.png') });
  } finally {
    await browser.close();
  }
}

/** The result of what succeeds at some time. */
async function eventually(action) {
  for (let left = 100; ; left -= 1) {
    try {
      return await action();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
