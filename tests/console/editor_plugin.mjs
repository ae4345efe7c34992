// A plugin: what it wants and changes is shown before anything is kept; a grant; a version that breaks callers; deletion.
export default async (person) => {
  const { page, given } = person;
  await person.signIn(given.token);
  const group = '/console/workspaces/default/groups/shop';
  const api = `${person.address}/v1/workspaces/default/groups/shop/plugins`;
  const loaded = async () => (await (await person.context.request.get(api)).json()).items.map((one) => [one.version, one.current]);
  await person.open(`${group}/plugins`);
  await person.sees('No plugin yet');
  await person.check('plugins-empty');
  await page.getByRole('link', { name: 'Load a plugin' }).first().click();
  const choose = async (file) => {
    await page.getByLabel('Component').setInputFiles(file);
    await page.getByRole('region', { name: 'What it wants and changes' }).waitFor();
  };

  // What is no component says so.
  await page.getByLabel('Component').setInputFiles({ name: 'x.wasm', mimeType: 'application/wasm', buffer: Buffer.from('no component') });
  await page.getByRole('alert').getByText('LG2001').waitFor();

  await choose(given.first);
  await person.sees('Nothing: it computes, and reaches nothing outside.');
  person.equal(await loaded(), [], 'looking keeps nothing');
  await page.getByRole('button', { name: 'Load and make current' }).click();
  await person.sees('shop 1 is current.');

  // The second wants more, and takes a connector away.
  await page.getByRole('link', { name: 'Load a plugin' }).click();
  await choose(given.second);
  await person.sees('Not granted');
  await person.sees('Send HTTP requests to the destinations of the group');
  await person.check('plugin-load');
  person.equal(await loaded(), [['1', true]], 'looking keeps nothing');
  await page.getByRole('checkbox', { name: /^Grant http/ }).check();
  const make = page.getByRole('button', { name: 'Grant and make current' });
  person.equal(await make.isDisabled(), true, 'what callers lose is agreed to first');
  await page.getByRole('checkbox', { name: /may fail/ }).check();
  await make.click();
  await person.sees('shop 2 is current.');
  person.equal(await loaded(), [['1', false], ['2', true]], 'both are there');
  await person.check('plugins');

  // Back again.
  await page.getByRole('button', { name: 'Roll back shop' }).click();
  await person.sees('shop is rolled back.');
  person.equal(await loaded(), [['1', true], ['2', false]], 'the first is current again');
  const history = page.getByRole('region', { name: 'What was current, and when' });
  await history.getByRole('listitem').filter({ hasText: 'rolled back to shop 1' }).waitFor();
  await history.getByRole('listitem').filter({ hasText: 'loaded shop 2' }).waitFor();

  // Its connector is shown and tested, and not changed.
  await person.open(`${group}/connectors/which`);
  await person.sees('A connector of a plugin changes with the plugin');
  const test = page.getByRole('region', { name: 'Test' });
  await test.getByRole('button', { name: 'Run' }).click();
  await test.getByText('Succeeded').waitFor();
  person.equal(await page.getByRole('button', { name: 'Save', exact: true }).count(), 0, 'there is nothing to save');
  await person.check('connector-compiled');

  await person.open(`${group}/plugins`);
  await page.getByRole('row', { name: /shop 2/ }).getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await person.until('it is deleted', async () => (await loaded()).length === 1);
};
