// Statements and methods: tables are browsed, a method is picked, and what both take and give comes by itself.
export default async (person) => {
  const { page, given } = person;
  await person.signIn(given.token);
  const group = (slug) => `/console/workspaces/default/groups/${slug}`;

  await person.open(`${group('base')}/new-connector?type=database`);
  await page.getByRole('textbox', { name: 'Name', exact: true }).first().fill('items');
  const statement = page.getByRole('region', { name: 'Statement', exact: true });
  await statement.getByText('Tables of the database').click();
  await statement.getByText('public.pens').click();
  const editor = statement.locator('.cm-content');
  await editor.click();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await statement.getByRole('button', { name: 'Insert a SELECT' }).click();
  await page.keyboard.press('Control+End');
  await page.keyboard.insertText('\nWHERE id = :id');
  await page.keyboard.press('Escape');
  await statement.getByText('Gives').waitFor();
  await statement.getByText('name', { exact: true }).last().waitFor();
  await person.check('connector-statement');
  // The parameter is a field of the test, though the definition has no schema.
  const test = page.getByRole('region', { name: 'Test' });
  await test.getByRole('textbox', { name: 'Id' }).fill('1');
  await test.getByRole('button', { name: 'Run' }).click();
  await test.getByText('"fountain"').waitFor();
  // What the server refuses is told as one types.
  await editor.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.insertText(' AND colour = 1');
  await statement.getByRole('alert').waitFor();
  for (let count = 0; count < ' AND colour = 1'.length; count += 1) await page.keyboard.press('Backspace');
  await statement.getByRole('alert').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await person.sees('Saved: version 1 is current.');
  const made = await (await person.context.request.get(`${person.address}/v1/workspaces/default/groups/base/connectors/items`)).json();
  person.equal(Object.keys(made.input_schema.properties), ['id'], 'parameters came by themselves');

  await person.open(`${group('calls')}/new-connector?type=grpc`);
  await page.getByRole('textbox', { name: 'Name', exact: true }).first().fill('call');
  const method = page.getByRole('region', { name: 'Method', exact: true });
  await method.getByRole('button', { name: 'Pick a method' }).click();
  await method.getByRole('radio', { name: new RegExp(given.method) }).check();
  await person.check('connector-method');
  await page.getByRole('region', { name: 'Test' }).getByRole('tab', { name: 'Input as form' }).waitFor();
  await page.getByRole('region', { name: 'Test' }).getByRole('button', { name: 'Run' }).click();
  await page.getByText('Succeeded').waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await person.sees('Saved: version 1 is current.');
};
