// A person with a browser (headless Chromium), for tests: opens an address, and goes on as far as the host's pages and the
// provider's login and consent lead, by the keyboard alone. It prints where it came to, what the page says, and what axe
// finds serious on the pages of the host.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const { modules, executable, address, map, agree = true, method, until } = JSON.parse(process.argv[2]);
const from = createRequire(`${modules}/`);
const { chromium } = from('playwright-core');
const axe = readFileSync(from.resolve('axe-core/axe.min.js'), 'utf8');

const browser = await chromium.launch({
  executablePath: executable,
  args: ['--no-sandbox', `--host-resolver-rules=${map}`],
});
const context = await browser.newContext({ bypassCSP: true });
const page = await context.newPage();
page.setDefaultTimeout(60_000);
const serious = [];
const seen = [];

const check = async () => {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  for (const found of violations.filter((one) => ['serious', 'critical'].includes(one.impact))) {
    serious.push(`${new URL(page.url()).pathname.split('/')[1]}: ${found.id}: ${found.help}`);
  }
};

// Goes to an element by the tabulator key, as somebody without a mouse does.
const reach = async (wanted) => {
  for (let step = 0; step < 40; step += 1) {
    if (await page.evaluate((selector) => document.activeElement?.matches(selector), wanted)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the keyboard does not reach ${wanted} of ${page.url()}: ${await page.content()}`);
};

const press = async (wanted) => {
  await reach(wanted);
  await Promise.all([page.waitForEvent('framenavigated').catch(() => {}), page.keyboard.press('Enter')]);
  await page.waitForLoadState('load').catch(() => {});
};

// Nothing of another origin is there: that the browser went to it is what counts.
let returned;
page.on('request', (request) => {
  if (until && request.isNavigationRequest() && request.url().startsWith(until)) returned = request.url();
});
await page.goto(address);
for (let step = 0; step < 12; step += 1) {
  if (returned) break;
  const path = new URL(page.url()).pathname;
  const title = await page.title();
  seen.push(title || path);
  if (path.startsWith('/connect/')) {
    await check();
    if (!(await page.$('form'))) break;
    if (method) {
      await reach(`input[type=radio]`);
      for (let key = 0; key < 5 && !(await page.isChecked(`input[type=radio][value=${method}]`)); key += 1) {
        await page.keyboard.press('ArrowDown');
      }
    }
    await press('form button');
  } else if (path.startsWith('/v1/oauth/start/')) {
    await check();
    await press('a.go');
  } else if (path.startsWith('/v1/oauth/callback')) {
    await check();
    break;
  } else if (await page.$('input[name=login]')) {
    await page.fill('input[name=login]', 'ada');
    await page.fill('input[name=password]', 'secret');
    await press('button[type=submit]');
  } else if (await page.$('button[type=submit]')) {
    if (agree) await press('button[type=submit]');
    else await page.click('a[href$="/abort"]');
  } else {
    throw new Error(`nothing to do at ${page.url()}: ${await page.content()}`);
  }
}
const cookies = (await context.cookies()).map((cookie) => cookie.name);
console.log(JSON.stringify({ url: returned ?? page.url(), text: await page.evaluate(() => document.body?.innerText ?? ''), seen, serious, cookies }));
await browser.close();
