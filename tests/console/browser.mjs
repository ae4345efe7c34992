// A person with a browser (headless Chromium) in the console, for tests: runs one scenario, and prints what came of it. A
// scenario fails by an error, which says what was on the page.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const order = JSON.parse(process.argv[2]);
const from = createRequire(`${order.modules}/`);
const { chromium } = from('playwright-core');
const axe = readFileSync(from.resolve('axe-core/axe.min.js'), 'utf8');
const { default: scenario } = await import(`./${order.scenario}.mjs`);

const browser = await chromium.launch({ executablePath: order.executable, args: ['--no-sandbox', ...(order.map ? [`--host-resolver-rules=${order.map}`] : [])] });
// The content security policy stays in force: what it refuses is an error of the page, and fails the test.
const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true });
const errors = [];
const serious = [];
const page = await watched(await context.newPage());
// Whatever a group names, the console's page asks its own host alone.
page.on('request', (request) => {
  const { protocol, origin } = new URL(request.url());
  if (/^https?:$/.test(protocol) && origin !== order.address) errors.push(`${page.url()} asks ${request.url()}`);
});

/** Notes what a page complains about. */
function watched(opened) {
  opened.setDefaultTimeout(order.patience_ms ?? 180_000);
  opened.on('pageerror', (error) => errors.push(`${opened.url()}: ${error.stack ?? error.message}`));
  opened.on('console', (message) => {
    // Answers that are refusals are part of a scenario, and the browser prints them too.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) errors.push(`${opened.url()}: ${message.text()}`);
  });
  return opened;
}

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const LOOKS = {
  light: { colorScheme: 'light', forcedColors: 'none' },
  dark: { colorScheme: 'dark', forcedColors: 'none' },
  forced: { colorScheme: 'dark', forcedColors: 'active' },
};

const person = {
  page, context, address: order.address, given: order.given ?? {},
  watched,

  /** Opens a path of the console. */
  async open(path) {
    await page.goto(order.address + path);
    await page.waitForSelector('h1');
  },

  /** Signs in by the given token, as a person types it. */
  async signIn(token = order.token) {
    await person.open('/console');
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForSelector('nav[aria-label="Main"]');
  },

  /** What axe finds serious on what is shown, in both themes and in colours that the system forces. */
  async check(name) {
    await page.evaluate(axe);
    for (const [look, media] of Object.entries(LOOKS)) {
      await page.emulateMedia({ ...media, reducedMotion: 'reduce' });
      const { violations } = await page.evaluate((runOnly) => globalThis.axe.run(document, { runOnly }), RULES);
      for (const found of violations.filter((one) => ['serious', 'critical'].includes(one.impact))) {
        serious.push(`${name} (${look}): ${found.id}: ${found.nodes.map((node) => `${node.html}: ${node.failureSummary}`).join(' | ')}`);
      }
      if (order.pictures && look !== 'light') await page.screenshot({ path: `${order.pictures}/${name}-${look}.png` });
    }
    await page.emulateMedia(LOOKS.light);
    // Nothing is wider than the smallest window.
    const size = page.viewportSize();
    await page.setViewportSize({ width: 320, height: 700 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > 320) throw new Error(`${name} is ${wide} px wide in a window of 320 px`);
    if (order.pictures) await page.screenshot({ path: `${order.pictures}/${name}-320.png`, fullPage: true });
    await page.setViewportSize(size);
    if (order.pictures) await page.screenshot({ path: `${order.pictures}/${name}-1280.png` });
  },

  /** Fails unless the page has this text somewhere a person sees it. */
  async sees(text) {
    await page.getByText(text).filter({ visible: true }).first().waitFor();
  },

  equal(one, other, what) {
    if (JSON.stringify(one) !== JSON.stringify(other)) throw new Error(`${what}: ${JSON.stringify(one)} is not ${JSON.stringify(other)}`);
  },

  async until(what, condition) {
    for (let step = 0; step < 1800; step += 1) {
      if (await condition()) return;
      await page.waitForTimeout(100);
    }
    throw new Error(`never: ${what}`);
  },
};

let result;
try {
  result = await scenario(person);
} catch (error) {
  const text = await page.evaluate(() => document.body?.innerText ?? '').catch(() => '');
  if (order.pictures) await page.screenshot({ path: `${order.pictures}/failed-${order.scenario}.png` }).catch(() => {});
  console.error(`${error.stack}\n\nat ${page.url()}:\n${text}\n\nerrors of the page:\n${errors.join('\n')}`);
  process.exitCode = 1;
}
await browser.close();
console.log(JSON.stringify({ result: result ?? null, errors, serious }));
