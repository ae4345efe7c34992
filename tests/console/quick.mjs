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

  // Of more groups than a page has, the next page comes on demand.
  const cards = () => page.locator('.cards > li').count();
  person.equal(await cards(), 60, 'one page is shown');
  await page.getByRole('button', { name: 'Show more' }).click();
  await person.until('the next page is shown', async () => (await cards()) === 120);

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
