// OAuth from the console: the client is given, a person agrees in the pop-up, and the page goes on by itself; then once more
// where the browser opens no pop-up.
import { agree } from './agree.mjs';

export default async (person) => {
  const { page, given } = person;
  await person.signIn(given.token);
  const group = '/console/workspaces/default/groups/g';

  // Without a client nobody can connect, and the page says who has to act.
  await person.open(`${group}/new-connection`);
  await page.getByRole('radio', { name: /OAuth/ }).check();
  const refused = page.context().waitForEvent('page');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  const beside = await refused;
  await person.until('the window is closed', async () => beside.isClosed());
  await page.getByRole('alert').filter({ hasText: 'LG1070' }).waitFor();

  await person.open(`${group}/installation`);
  person.equal(await page.getByRole('textbox', { name: 'Callback URL' }).inputValue(), `${person.address}/v1/oauth/callback`, 'the callback URL is shown');
  await person.sees('No client yet');
  await page.getByRole('textbox', { name: 'Client id' }).fill('app');
  await page.getByLabel('Client secret').fill(given.secret);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  // The form shows it before it is saved.
  await person.sees('Everything is saved.');
  await person.sees('A client is set here');
  await person.check('installation-oauth');
  person.equal((await page.content()).includes(given.secret), false, 'the secret is not shown again');
  // Saved once more without typing it, it stays.
  await page.getByRole('textbox', { name: 'Further scopes' }).fill('openid');
  await page.getByRole('textbox', { name: 'Further scopes' }).blur();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await person.sees('Everything is saved.');

  await person.open(`${group}/new-connection`);
  await page.getByRole('radio', { name: /OAuth/ }).check();
  await person.check('connection-oauth');
  const opened = page.context().waitForEvent('page');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  const popup = person.watched(await opened);
  await person.sees('Waiting for you to agree at the provider');
  await agree(person, popup);
  await page.getByRole('heading', { name: 'main', exact: true }).waitFor();
  await person.sees('Calls can use it.');
  await person.check('connection-connected');
  await page.getByRole('button', { name: 'Refresh tokens' }).click();
  await page.getByRole('status').filter({ hasText: 'The tokens are renewed.' }).or(page.getByRole('alert')).first().waitFor();

  // Where a browser opens no window, the page has a link.
  await page.evaluate(() => (window.open = () => null));
  await page.getByRole('button', { name: 'Reconnect' }).click();
  await person.sees('The browser opened no window.');
  const other = page.context().waitForEvent('page');
  await page.getByRole('link', { name: 'Open the provider’s page' }).click();
  await agree(person, person.watched(await other));
  await person.until('the page goes on', async () => (await page.getByText('The browser opened no window.').count()) === 0);
};
