// Tenants, tokens, calls, audit and settings: the main path and the main failure of each.
export default async (person) => {
  const { page, given } = person;
  await person.signIn(given.token);
  const base = '/console/workspaces/default';

  await person.open(`${base}/tenants`);
  await person.sees('No tenant is declared');
  await page.getByRole('textbox', { name: 'Name of a tenant' }).fill('ada <b>');
  await page.getByRole('button', { name: 'Declare' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByRole('textbox', { name: 'Name of a tenant' }).fill('ada');
  await page.getByRole('button', { name: 'Declare' }).click();
  await page.getByRole('cell', { name: 'ada', exact: true }).waitFor();
  await person.check('tenants');
  await page.getByRole('button', { name: 'Disable ada' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
  await page.getByRole('button', { name: 'Enable ada' }).waitFor();

  // A token is shown once, and works.
  await person.open(`${base}/tokens`);
  await person.sees('No token here');
  await person.check('tokens-empty');
  await page.getByRole('button', { name: 'New token' }).click();
  const dialog = page.getByRole('dialog');
  await person.check('token-new');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('<script>alert(1)</script>');
  await dialog.getByRole('textbox', { name: 'Groups' }).fill('nothing-like-it');
  await dialog.getByRole('button', { name: 'Make token' }).click();
  await dialog.getByRole('alert').waitFor();
  await dialog.getByRole('textbox', { name: 'Groups' }).fill('');
  await dialog.getByRole('button', { name: 'Make token' }).click();
  const shown = dialog.getByRole('textbox', { name: 'Token' });
  await shown.waitFor();
  const token = await shown.inputValue();
  person.equal(token.startsWith('lg_'), true, 'the token is shown');
  // It can't be closed by mistake.
  await page.keyboard.press('Escape');
  await dialog.getByLabel('I have kept it').check();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('cell', { name: /^<script>alert/ }).waitFor();
  person.equal((await page.content()).includes(token), false, 'the token is not on the page any more');
  await person.check('tokens');

  // A call by that token, with a failure.
  await person.open(`${base}/calls`);
  await person.sees('Nothing was called yet');
  await person.check('calls-empty');
  await page.getByRole('button', { name: 'Follow' }).click();
  await person.sees('Waiting for calls');
  const call = await person.context.request.post(`${person.address}/v1/workspaces/default/groups/shop/connectors/item/invoke`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', cookie: '' },
    data: { input: {}, connection: { fixed: 'nothing-like-it' } },
  });
  person.equal(call.status(), 404, await call.text());
  await person.until('the call is followed', async () => (await page.getByRole('row').count()) > 1);
  await person.check('calls');
  await page.getByRole('button', { name: 'Following' }).click();
  await page.getByLabel('Outcome').selectOption('ok');
  await person.sees('No call is like that');
  await page.getByRole('button', { name: 'Show all' }).click();
  await page.getByRole('link', { name: 'LG1017' }).click();
  await page.getByRole('heading', { name: 'Call of item' }).waitFor();
  await person.sees('LG1017: causes and remedies');
  await person.check('call');

  await person.open(`${base}/tokens`);
  await page.getByRole('button', { name: /^Revoke/ }).first().click();
  const question = page.getByRole('dialog');
  await question.getByText(/its last recorded call was of shop\/item/).waitFor();
  await question.getByRole('button', { name: 'Revoke' }).click();
  await person.sees('No token here');

  await person.open(`${base}/audit`);
  await page.getByRole('cell', { name: 'token.create' }).first().waitFor();
  await person.check('audit');
  await page.getByRole('textbox', { name: 'Action' }).fill('tenant.create');
  await page.getByRole('textbox', { name: 'Action' }).blur();
  await person.until('the audit is narrowed', async () => (await page.getByRole('cell', { name: 'token.create' }).count()) === 0);

  await person.open(`${base}/settings`);
  await person.check('settings');
  await page.getByLabel('Only declared tenants are known').check();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await person.sees('The settings are saved.');
  // The owner of the host makes an organization, and gets the token of its admin once.
  await page.getByRole('button', { name: 'New organization' }).click();
  const made = page.getByRole('dialog');
  await made.getByRole('textbox', { name: 'Name' }).fill('Acme');
  await made.getByRole('button', { name: 'Create organization' }).click();
  const admin = await made.getByRole('textbox', { name: 'Token of the admin' }).inputValue();
  const own = await person.context.request.get(`${person.address}/v1/organizations/acme`, { headers: { authorization: `Bearer ${admin}`, cookie: '' } });
  person.equal(own.status(), 200, 'the token is that of its admin');
  await person.check('organization-made');
  await made.getByLabel('I have kept it').check();
  await made.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'New workspace' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Second workspace');
  await page.getByRole('dialog').getByRole('button', { name: 'Create workspace' }).click();
  await person.sees('No group yet');
  person.equal(page.url().endsWith('/workspaces/second-workspace/groups'), true, 'the new workspace is shown');
  await page.getByRole('button', { name: /^Where you are/ }).click();
  await page.getByRole('menuitem', { name: /organization default/ }).click();
  await person.until('the organization is shown', async () => page.url().endsWith('/organizations/default/groups'));
  await person.open('/console/workspaces/second-workspace/settings');
  await page.getByRole('button', { name: 'Delete workspace' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('second-workspace');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await person.sees('It is deleted.');
};
