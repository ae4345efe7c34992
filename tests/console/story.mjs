// From an empty host to a flow that runs, as one person does it: three systems behind a group each, with OAuth, gRPC and a
// database, a connector for each, a flow that calls all three, its grants, a call from outside, and what leaves the host.
import { agree } from './agree.mjs';
import { leaves } from './story/leaves.mjs';
import { connector, newGroup, saveGroup, tab, test } from './story/steps.mjs';

export default async (person) => {
  const { page, given } = person;
  await page.goto(given.link);
  await person.sees('No group yet');

  await ledger(person);
  await inventory(person);
  await stock(person);
  await flow(person);
  const token = await invoked(person);
  await leaves(person, token);
};

/** An API behind OAuth: the client is given, and a person agrees in a window of the provider. */
async function ledger(person) {
  const { page, given } = person;
  await page.getByRole('link', { name: 'Make the first group' }).click();
  await newGroup(person, 'Ledger', async () => {
    await page.getByRole('textbox', { name: /^Address/ }).fill(given.provider);
    await page.getByLabel('How it signs in there').selectOption('oauth2');
    await page.getByRole('textbox', { name: /^Authorization address/ }).fill(`${given.provider}/auth`);
    await page.getByRole('textbox', { name: /^Token address/ }).fill(`${given.provider}/token`);
    await page.getByRole('textbox', { name: /^Scopes/ }).fill('openid');
    // The provider of the test has no TLS, which is allowed by a box of its own.
    await page.getByRole('checkbox', { name: /^What signs in may be sent without TLS/ }).check();
  });
  await tab(person, 'Installation');
  await page.getByRole('textbox', { name: 'Client id' }).fill('app');
  await page.getByLabel('Client secret').fill(given.secret);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  // The form shows it before it is saved.
  await person.sees('Everything is saved.');
  await person.sees('A client is set here');

  // The page of the group says what is missing.
  await tab(person, 'Connectors');
  await person.sees('Calls of this group need a connection');
  await page.getByRole('link', { name: 'Make a connection' }).click();
  await page.getByRole('heading', { name: 'New connection' }).waitFor();
  const opened = page.context().waitForEvent('page');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await agree(person, person.watched(await opened));
  await page.getByRole('heading', { name: 'main', exact: true }).waitFor();
  await person.sees('Calls can use it.');

  await page.getByRole('link', { name: 'Connections of Ledger' }).click();
  await tab(person, 'Connectors');
  await page.getByText('Calls of this group need a connection').waitFor({ state: 'detached' });
  await connector(person, 'HTTP request', 'account', async () => {
    await page.getByRole('textbox', { name: 'Path' }).fill('/api/{{id}}');
    await test(person, async (region) => await region.getByRole('textbox', { name: 'Id' }).fill('me'), '"account": "ada"');
  });
}

/** A gRPC server that describes itself, with a certificate of an authority of its own. */
async function inventory(person) {
  const { page, given } = person;
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Groups' }).click();
  await page.getByRole('link', { name: 'New group' }).click();
  await newGroup(person, 'Inventory', async () => {
    await page.getByLabel('What it calls').selectOption('grpc');
    await page.getByRole('textbox', { name: /^Address/ }).fill(given.grpc);
  });
  await trust(person);
  await connector(person, 'gRPC method', 'get_item', async () => {
    await page.getByRole('button', { name: 'Pick a method' }).click();
    // What the server tells is looked at, and kept by a click.
    await page.getByRole('button', { name: 'Keep what the server tells' }).click();
    await page.getByRole('button', { name: 'Keep what the server tells' }).waitFor({ state: 'detached' });
    await page.getByRole('radio', { name: /Inventory\/GetItem/ }).check();
    const region = page.getByRole('region', { name: 'Test' });
    await region.getByRole('tab', { name: 'Input as form' }).waitFor();
    await test(person, async () => {
      await region.getByRole('tab', { name: 'Input as JSON' }).click();
      await region.locator('.cm-content').click();
      await page.keyboard.press('Control+a');
      await page.keyboard.press('Delete');
      await page.keyboard.insertText('{"sku": "pen-1"}');
    }, '"name": "Pen"');
  });
}

/** A database with a login. */
async function stock(person) {
  const { page, given } = person;
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Groups' }).click();
  await page.getByRole('link', { name: 'New group' }).click();
  await newGroup(person, 'Stock', async () => {
    await page.getByLabel('What it calls').selectOption('database');
    await page.getByRole('textbox', { name: 'Host' }).fill('localhost');
    await page.getByRole('textbox', { name: 'Port' }).fill(String(given.database.port));
    await page.getByRole('textbox', { name: 'Database' }).fill(given.database.name);
  });
  await trust(person);
  await page.getByRole('link', { name: 'Make a connection' }).click();
  await page.getByRole('textbox', { name: 'User' }).fill(given.database.user);
  await page.getByRole('textbox', { name: 'Password' }).fill(given.database.password);
  await page.getByRole('button', { name: 'Create connection' }).click();
  await person.sees('Calls can use it.');
  await page.getByRole('link', { name: 'Connections of Stock' }).click();
  await tab(person, 'Connectors');
  await connector(person, 'Database statement', 'pen', async () => {
    const statement = page.getByRole('region', { name: 'Statement', exact: true });
    await statement.locator('.cm-content').click();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText('SELECT id, name FROM pens WHERE id = :id');
    await page.keyboard.press('Escape');
    // What the statement takes is a field of the test by itself.
    await test(person, async (region) => await region.getByRole('textbox', { name: 'Id' }).fill('1'), '"fountain"');
  });
}

/** Three calls of one script, each granted before it can be made. */
async function flow(person) {
  const { page } = person;
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Groups' }).click();
  await page.getByRole('link', { name: 'New group' }).click();
  await newGroup(person, 'Morning report', async () => await page.getByLabel('What it calls').selectOption('none'));
  await tab(person, 'Definition');
  await page.locator('#capabilities').getByRole('checkbox', { name: /^Connectors/ }).check();
  // The first script of a host waits for its engine, on a slow machine for long.
  await page.getByLabel('Wall time of a call, in milliseconds').fill('600000');
  const uses = page.locator('#uses');
  for (const [index, [name, connection]] of [['ledger/account', 'main'], ['inventory/get_item', null], ['stock/pen', 'main']].entries()) {
    await uses.getByRole('button', { name: 'Add entry' }).click();
    await uses.getByRole('textbox', { name: 'Connector', exact: true }).nth(index).fill(name);
    if (connection === null) continue;
    await uses.getByLabel('Connection', { exact: true }).nth(index).selectOption('fixed');
    await uses.getByRole('textbox', { name: 'Name of the connection' }).last().fill(connection);
  }
  await saveGroup(person);

  await tab(person, 'Connectors');
  await connector(person, 'Script', 'report', async () => {
    const script = page.getByRole('region', { name: 'Script', exact: true });
    await script.locator('.cm-content').click();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText([
      'import { call } from "lockgate/connectors";',
      '',
      'export default async function (input: { name: string }) {',
      '  const { account } = await call("account", { id: input.name });',
      '  const item = await call("get_item", { sku: "pen-1" });',
      '  const { rows } = await call("pen", { id: 1 });',
      '  return { account, item: item.name, pen: rows[0].name };',
      '}',
      '',
    ].join('\n'));
    // Before an operator has granted the entries, the script fails and says what is missing.
    const region = page.getByRole('region', { name: 'Test' });
    await region.getByRole('textbox', { name: 'Name', exact: true }).fill('me');
    await region.getByRole('button', { name: 'Run' }).click();
    await region.getByText('Failed: LG3001').waitFor();
    await region.getByText(/waits for an operator/).first().waitFor();
  });

  await page.getByRole('link', { name: 'morning-report' }).first().click();
  await tab(person, 'Grants');
  for (const name of ['account', 'get_item', 'pen']) {
    await page.getByRole('button', { name: `Grant ${name}`, exact: true }).click();
    await page.getByRole('row').filter({ hasText: name }).getByText('Granted', { exact: true }).waitFor();
  }
  await person.check('story-grants');
  await tab(person, 'Connectors');
  await page.getByRole('link', { name: 'report', exact: true }).click();
  await test(person, async (region) => await region.getByRole('textbox', { name: 'Name', exact: true }).fill('me'), '"pen": "fountain"');
  // What its code called, and what that sent.
  const region = page.getByRole('region', { name: 'Test' });
  await region.getByRole('tab', { name: 'Calls (3)' }).click();
  await region.getByText('inventory/get_item').first().waitFor();
  await person.check('story-calls');
}

/** A token for a program, and its call as the page of the connector says it. */
async function invoked(person) {
  const { page, given } = person;
  const region = page.getByRole('region', { name: 'Test' });
  await region.getByText('Call it from a program').click();
  const command = await region.getByRole('textbox', { name: 'With curl' }).inputValue();
  person.equal(command.includes('/groups/morning-report/connectors/report/invoke'), true, command);
  const body = JSON.parse(/-d '(.*)'$/s.exec(command)[1]);

  await region.getByRole('link', { name: 'Make a token' }).click();
  await page.getByRole('heading', { name: 'Tokens' }).waitFor();
  await page.getByRole('button', { name: 'New token' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('the report');
  await dialog.getByRole('button', { name: 'Make token' }).click();
  const shown = dialog.getByRole('textbox', { name: 'Token' });
  await shown.waitFor();
  const token = await shown.inputValue();
  await dialog.getByLabel('I have kept it').check();
  await dialog.getByRole('button', { name: 'Done' }).click();

  // The test's own client does not know the name by which the browser finds the host.
  const url = /^curl (\S+)/.exec(command)[1].replace(person.address, given.host);
  const answer = await person.context.request.post(url, { headers: { authorization: `Bearer ${token}`, cookie: '' }, data: body });
  person.equal([answer.status(), (await answer.json()).output], [200, { account: 'ada', item: 'Pen', pen: 'fountain' }], await answer.text());

  // Its record is there, and those of the three calls that it made.
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Calls' }).click();
  await page.getByRole('row').filter({ hasText: 'morning-report' }).first().waitFor();
  for (const name of ['ledger', 'inventory', 'stock']) await page.getByRole('row').filter({ hasText: name }).first().waitFor();
  return token;
}

/** Certificates of an authority that nobody else trusts. */
async function trust(person) {
  const { page, given } = person;
  await tab(person, 'Definition');
  await page.getByRole('button', { name: 'Add certificates' }).click();
  await page.getByRole('textbox', { name: 'Certificates 1' }).fill(given.authority);
  await saveGroup(person);
  await tab(person, 'Connectors');
}
