// Connections by key: making one, verifying, replacing values, a changed group under review, disabling, deleting; an
// installation; the page for a customer.
export default async (person) => {
  const { page, given } = person;
  await person.signIn(given.token);
  const group = '/console/workspaces/default/groups/shop';
  await person.open(`${group}/connections`);
  await person.sees('No connection yet');
  await person.check('connections-empty');
  await page.getByRole('link', { name: 'Make the first connection' }).click();
  await page.getByRole('heading', { name: 'New connection' }).waitFor();
  await person.check('connection-new');

  // A wrong value is refused at its field, and no secret is repeated by the page's source.
  await page.getByLabel('Note').fill('Not allowed!');
  await page.getByRole('textbox', { name: 'API key' }).fill('wrong key');
  person.equal(await page.getByRole('textbox', { name: 'API key' }).getAttribute('type'), 'password', 'a secret is not shown');
  await page.getByRole('button', { name: 'Create connection' }).click();
  await page.locator('#main :invalid').first().waitFor({ state: 'attached' });
  await page.getByLabel('Note').fill('shop');
  await page.getByRole('button', { name: 'Create connection' }).click();
  await page.getByRole('heading', { name: 'main', exact: true }).waitFor();
  await person.sees('Calls can use it.');
  await person.check('connection');

  // The upstream takes another key.
  await page.getByRole('button', { name: 'Verify' }).click();
  await person.sees('The system refused the credentials with the status 401');
  await page.getByRole('button', { name: 'Enter new values' }).click();
  await page.getByRole('textbox', { name: 'API key' }).fill('right-key');
  await page.getByRole('button', { name: 'Replace values' }).click();
  await person.sees('The values are replaced.');
  await page.getByRole('button', { name: 'Verify' }).click();
  await person.sees('It works: the system took the credentials.');
  person.equal((await page.content()).includes('right-key'), false, 'no secret is on the page');
  person.equal(await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]).includes('right-key')), false, 'no secret is stored');

  // The group changes under it: an admin sees the difference, and accepts exactly it.
  const api = `${person.address}/v1/workspaces/default/groups/shop`;
  const csrf = (await (await person.context.request.get(`${person.address}/console/session`)).json()).csrf;
  const headers = { 'x-lockgate-csrf': csrf, 'content-type': 'application/merge-patch+json', origin: person.address };
  const { destinations } = await (await person.context.request.get(api)).json();
  const wider = [...destinations, { url: 'https://export.example', credential: 'main' }];
  const changed = await person.context.request.patch(api, { headers, data: { destinations: wider } });
  person.equal(changed.status(), 200, await changed.text());
  await page.reload();
  await person.sees('The group has changed since the values were entered');
  await person.sees('https://export.example');
  await person.check('connection-review');
  await page.getByRole('button', { name: 'Accept exactly this' }).click();
  await person.sees('The change is accepted.');
  await person.sees('Calls can use it.');

  // Disabled, and enabled again.
  await page.getByRole('button', { name: 'Disable' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
  await person.sees('Somebody switched it off');
  await page.getByRole('button', { name: 'Enable' }).click();
  await person.sees('Calls can use it.');
  await page.getByRole('button', { name: 'Reconnect' }).click();
  person.equal((await page.getByRole('textbox', { name: 'Address of the page' }).inputValue()).includes('/connect/'), true, 'there is a page for another person');

  // All connections, with a filter.
  await person.open('/console/workspaces/default/connections');
  await person.sees('shop');
  await person.check('connections');
  await page.getByLabel('State').selectOption('needs_reauth');
  await person.sees('No connection is like that');

  // What the workspace sets for the group, and a page for a customer.
  await person.open(`${group}/installation`);
  await page.getByLabel('Where customers may return to').fill('https://shop.example/done');
  await page.getByLabel('CPU time of the plugin or script, in milliseconds').fill('700');
  await page.getByLabel('CPU time of the plugin or script, in milliseconds').blur();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await person.sees('The installation is saved.');
  await person.check('installation');
  await person.open(`${group}/connections`);
  await page.getByRole('button', { name: 'Let a customer connect' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Tenant').fill('ada');
  await dialog.getByLabel('Where they go afterwards').fill('https://other.example/');
  await dialog.getByRole('button', { name: 'Make the page' }).click();
  await dialog.getByRole('alert').waitFor();
  await dialog.getByLabel('Where they go afterwards').fill('https://shop.example/done');
  await dialog.getByRole('button', { name: 'Make the page' }).click();
  await dialog.getByRole('textbox', { name: 'Address of the page' }).waitFor();
  await person.check('connect-link');
  await dialog.getByRole('button', { name: 'Done' }).click();

  // Deleting says who used it last.
  await page.getByRole('link', { name: 'main' }).click();
  await page.getByRole('button', { name: 'Delete' }).click();
  const question = page.getByRole('dialog', { name: /Delete the connection/ });
  await question.getByText('None of the latest calls').waitFor();
  await person.check('connection-delete');
  await question.getByRole('button', { name: 'Delete connection' }).click();
  await person.sees('No connection yet');
};
