// A browser (headless Chromium) with a session of the console, for tests: what it keeps of the cookie, what a page of the host
// can do with it, and what a page of another origin can't.
import { createRequire } from 'node:module';

const { modules, executable, host, token, foreign } = JSON.parse(process.argv[2]);
const { chromium } = createRequire(`${modules}/`)('playwright-core');

const browser = await chromium.launch({ executablePath: executable, args: ['--no-sandbox'] });
const context = await browser.newContext();
const page = await context.newPage();
page.setDefaultTimeout(60_000);
// Of the host's origin, and without a script of its own.
const blank = `${host}/healthz`;
await page.goto(blank);

const send = (method, path, headers = {}, body) =>
  page.evaluate(
    async ([method, path, headers, body]) => {
      const json = body === null ? {} : { 'content-type': 'application/json' };
      const answer = await fetch(path, { method, headers: { ...json, ...headers }, body: body && JSON.stringify(body) });
      return { status: answer.status, json: await answer.json().catch(() => null) };
    },
    [method, path, headers, body ?? null],
  );

const groups = '/v1/workspaces/default/groups';
const group = { slug: 'made-in-browser', name: 'Made', resource_type: 'EXTERNAL' };
const signed = await send('POST', '/console/session', {}, { token });
const csrf = { 'x-lockgate-csrf': signed.json.csrf };
const cookies = (await context.cookies(host)).map(({ name, httpOnly, sameSite, path }) => ({ name, httpOnly, sameSite, path }));
const found = {
  cookies,
  visible: await page.evaluate(() => document.cookie),
  read: (await send('GET', groups)).status,
  without: (await send('POST', groups, {}, group)).status,
  with: (await send('POST', groups, csrf, group)).status,
  delete: (await send('DELETE', `${groups}/${group.slug}`, csrf)).status,
};

// A page of another origin, in the same browser.
const other = await context.newPage();
await other.goto(foreign);
const read = await other.evaluate(
  (url) => fetch(url, { credentials: 'include' }).then((answer) => answer.status, () => 'refused'),
  `${host}${groups}`,
);
await other.evaluate(
  ([url, body]) => fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', body }).catch(() => null),
  [`${host}${groups}`, JSON.stringify({ ...group, slug: 'made-elsewhere' })],
);
const there = await send('GET', `${groups}/made-elsewhere`);
// Chromium shows a page of its own in a frame whose page refuses to be framed.
await other.setContent(`<iframe src="${host}/console"></iframe>`);
await other.waitForLoadState('load');
const frame = await (await other.waitForSelector('iframe')).contentFrame();
const framed = await frame.evaluate(() => location.href).then((url) => url.startsWith('http'), () => false);
found.elsewhere = { read, posted: there.status !== 404, framed };

// A script that is written into a page of the console does not run.
await page.goto(`${host}/console`);
await page.evaluate(
  () =>
    new Promise((resolve, reject) => {
      let refused = 0;
      document.addEventListener('securitypolicyviolation', () => {
        refused += 1;
        if (refused === 2) resolve();
      });
      setTimeout(() => reject(new Error(`the policy refused ${refused} of 2`)), 30_000);
      const script = document.createElement('script');
      script.textContent = 'globalThis.ran = true';
      document.body.append(script);
      document.body.insertAdjacentHTML('beforeend', '<img src="x" onerror="globalThis.ran = true">');
    }),
);
found.inline = await page.evaluate(() => globalThis.ran === true);

await page.goto(blank);
found.out = (await send('DELETE', '/console/session', csrf)).status;
found.after = (await send('GET', '/console/session')).status;
console.log(JSON.stringify(found));
await browser.close();
