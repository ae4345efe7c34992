// What a browser loads for the first screens, that nothing jumps, and that lists come page by page.
const KIB = 1024;

export default async (person) => {
  const { page, given } = person;
  // Bytes as they come over the network, of everything that the page took.
  const taken = () => page.evaluate(() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].filter((one) => new URL(one.name).pathname.startsWith('/console')).reduce((sum, one) => sum + one.encodedBodySize, 0));
  const atMost = async (most, what) => {
    const bytes = await taken();
    if (bytes > most * KIB) throw new Error(`${what} takes ${bytes} bytes, more than ${most} KiB`);
    if (bytes < 10 * KIB) throw new Error(`${what} takes ${bytes} bytes: that is not all`);
    return bytes;
  };
  await person.open('/console');
  const first = await atMost(120, 'the first screen');
  await person.signIn(given.token);
  await page.waitForSelector('.cards');
  const groups = await atMost(120, 'the list of groups');

  // A screen asks for what it shows once, however many groups there are: their connections come with them.
  const asked = [];
  page.on('request', (request) => {
    const { pathname, search } = new URL(request.url());
    if (pathname.startsWith('/v1/')) asked.push(pathname.replace('/v1/workspaces/default', '') + search);
  });
  /** The requests of the API that a step makes. */
  const asks = async (step) => {
    asked.length = 0;
    await step();
    await page.waitForLoadState('networkidle');
    return asked.map((one) => one.replace(/cursor=[^&]*/, 'cursor=…'));
  };
  const main = page.getByRole('navigation', { name: 'Main' });
  await main.getByRole('link', { name: 'Settings' }).click();
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
  const first_page = await asks(async () => {
    await main.getByRole('link', { name: 'Groups' }).click();
    await page.waitForSelector('.cards');
  });
  person.equal(first_page, ['/groups?limit=60'], 'requests of the list of groups');

  // Of more groups than a page has, the next page comes on demand.
  const cards = () => page.locator('.cards > li').count();
  person.equal(await cards(), 60, 'one page is shown');
  const second_page = await asks(async () => {
    await page.getByRole('button', { name: 'Show more' }).click();
    await person.until('the next page is shown', async () => (await cards()) === 120);
  });
  person.equal(second_page, ['/groups?limit=60&cursor=…'], 'requests of the next page');

  // So are calls and tenants, which a host has by the thousand.
  const rows = () => page.locator('tbody tr').count();
  for (const [label, path] of [['Calls', '/calls?limit=100'], ['Tenants', '/tenants?limit=100']]) {
    const requests = await asks(async () => {
      await main.getByRole('link', { name: label }).click();
      await page.getByRole('heading', { name: label }).waitFor();
      await person.until(`one page of ${label} is shown`, async () => (await rows()) === 100);
    });
    person.equal(requests, [path], `requests of ${label}`);
    const further = await asks(async () => {
      await page.getByRole('button', { name: 'Show more' }).click();
      await person.until(`the next page of ${label} is shown`, async () => (await rows()) === 110);
    });
    person.equal(further, [`${path}&cursor=…`], `requests of the next page of ${label}`);
  }

  // Nothing moves while the list comes: the sum of shifts is what browsers call good.
  await page.addInitScript(() => {
    globalThis.shifts = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shifts += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  for (const path of ['groups', 'connections', 'calls', 'tenants', 'groups/g000', 'groups/g000/connections']) {
    await person.open(`/console/workspaces/default/${path}`);
    await page.waitForLoadState('networkidle');
    const shifts = await page.evaluate(() => globalThis.shifts);
    if (shifts > 0.1) throw new Error(`${path} jumps: ${shifts}`);
  }

  await person.open('/console/workspaces/default/groups/g000/definition?view=yaml');
  await page.locator('.cm-content').waitFor();
  const editor = await atMost(250, 'the editor');
  return { first, groups, editor };
};
