// A connector that is a request: made from nothing, tested before it is saved, in all three views, beside a second editor,
// with its versions.
export default async (person) => {
  const { page, given } = person;
  await person.signIn(given.token);
  const group = '/console/workspaces/default/groups/shop';
  await person.open(`${group}/new-connector`);
  await person.check('connector-new');
  await page.getByRole('link', { name: /HTTP request/ }).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).first().fill('item');
  const found = page.locator('.found');

  // A mistake is told while it is typed, at its field.
  const path = page.getByRole('textbox', { name: 'Path' });
  await path.fill('/items/{{key}}');
  await person.sees('the input schema has no such property');
  person.equal(await path.getAttribute('aria-invalid'), 'true', 'the mistake is at its field');
  await path.fill('/items/{{id}}');
  await person.until('the mistake is gone', async () => (await found.innerText()) === 'No mistakes found.');
  await person.check('connector-request');

  // Tested before it is saved; the credential is masked.
  const test = page.getByRole('region', { name: 'Test' });
  await test.getByRole('textbox', { name: 'Id' }).fill('7');
  await test.getByRole('button', { name: 'Run' }).click();
  await test.getByText('Succeeded').waitFor();
  await test.getByText('"target": "/items/7"').waitFor();
  await test.getByRole('tab', { name: 'Requests (1)' }).click();
  await test.getByText(/GET http.*\/items\/7/).click();
  await test.getByText('x-key: ***').waitFor();
  person.equal((await page.content()).includes(given.secret), false, 'no secret is on the page');
  await person.check('connector-tested');
  const saved = await person.context.request.get(`${person.address}/v1/workspaces/default/groups/shop/connectors/item`);
  person.equal(saved.status(), 404, 'a test saves nothing');

  // What breaks the schema is at its field.
  await test.getByRole('tab', { name: 'Input as JSON' }).click();
  await test.locator('.cm-content').click();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText('{"id": 7.10}');
  await test.getByRole('button', { name: 'Run' }).click();
  await test.getByText('The input breaks its schema at one place').waitFor();
  await test.getByText(/Line 1/).waitFor();
  await test.locator('.cm-content').click();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText('{"id": ');
  await test.getByText('The input is not JSON yet.').waitFor();
  await test.locator('.cm-content').click();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText('{"id": "8"}');
  await test.getByRole('button', { name: 'Run' }).click();
  await test.getByRole('tab', { name: 'Output' }).click();
  await test.getByText('"target": "/items/8"').waitFor();
  await test.getByRole('button', { name: 'Save as example' }).click();
  await test.getByRole('button', { name: 'Write the output schema from this' }).click();
  await page.getByRole('region', { name: 'Output', exact: true }).getByLabel('Name of field target').waitFor();

  // Unsaved work: leaving asks, and a page that goes away loses nothing.
  await page.getByRole('link', { name: 'Calls', exact: true }).click();
  const leave = page.getByRole('dialog', { name: 'Leave without saving?' });
  await leave.getByRole('button', { name: 'Stay' }).click();
  page.once('dialog', (dialog) => dialog.accept());
  await page.reload();
  await person.sees('Unsaved work of before is here again.');
  person.equal(await page.getByRole('textbox', { name: 'Name', exact: true }).first().inputValue(), 'item', 'what was typed is kept');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await person.sees('Saved: version 1 is current.');
  await page.waitForURL(/connectors\/item$/);
  const kept = await page.evaluate(() => Object.entries(sessionStorage).filter(([key]) => key.startsWith('lockgate.draft:input:')));
  person.equal(kept.map(([key, text]) => [key.split('/').pop(), JSON.parse(text)]), [['item', { id: '8' }]], 'the input of the test has moved to the name');

  // The same as YAML: comments stay while other places change.
  await page.getByRole('tab', { name: 'YAML' }).first().click();
  const editor = page.locator('.definition .cm-content');
  await editor.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.insertText('# what a person wrote\ntitle: Read an item\n');
  await page.getByRole('heading', { name: 'Read an item' }).waitFor();
  await page.keyboard.type('a: b: c');
  await person.sees("A text can't be read yet");
  await page.getByRole('tab', { name: 'Form' }).first().click();
  await person.sees("The YAML text can't be read");
  await page.getByRole('tab', { name: 'YAML' }).first().click();
  await editor.click();
  await page.keyboard.press('Control+End');
  for (let count = 0; count < 'a: b: c'.length; count += 1) await page.keyboard.press('Backspace');
  await page.getByRole('tab', { name: 'Form' }).first().click();
  await page.getByLabel('Title', { exact: true }).first().fill('Read one item');
  await page.getByRole('tab', { name: 'YAML' }).first().click();
  const yaml = await editor.innerText();
  person.equal(['# what a person wrote', 'title: Read one item', 'example'].every((part) => yaml.includes(part)), true, `all views are one: ${yaml}`);
  await person.check('connector-yaml');

  // A second editor: places apart are joined, and one that both changed is for the person.
  const api = `${person.address}/v1/workspaces/default/groups/shop/connectors/item`;
  const csrf = (await (await person.context.request.get(`${person.address}/console/session`)).json()).csrf;
  const headers = { 'x-lockgate-csrf': csrf, 'content-type': 'application/json', origin: person.address };
  const theirs = { ...(await (await person.context.request.get(api)).json()).definition, title: 'By them', description: 'Theirs' };
  const other = await person.context.request.put(api, { headers, data: theirs });
  person.equal(other.status(), 200, await other.text());
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const conflict = page.getByRole('dialog', { name: 'Somebody else has saved meanwhile' });
  await conflict.getByText('/description').waitFor();
  await person.check('connector-conflict');
  person.equal(await conflict.getByRole('button', { name: 'Put together' }).isDisabled(), true, 'each conflict is decided');
  await conflict.getByRole('radio', { name: 'Written here' }).check();
  await conflict.getByRole('button', { name: 'Put together' }).click();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await person.sees('Saved: version 3 is current.');
  const joined = (await (await person.context.request.get(api)).json()).definition;
  person.equal([joined.title, joined.description], ['Read one item', 'Theirs'], 'both are there');

  // What callers may lose is said before it is saved.
  await page.getByRole('tab', { name: 'Form' }).first().click();
  const input = page.getByRole('region', { name: 'Input', exact: true });
  await input.getByRole('button', { name: 'Add field' }).click();
  await input.getByLabel('Name of field field').fill('color');
  await page.keyboard.press('Tab');
  await input.getByLabel('color is required').check();
  // The example breaks the schema now: that is told at its place, before anything is saved.
  await person.sees('breaks a schema');
  await page.getByText('Example 1').first().click();
  await page.getByRole('button', { name: 'Remove example 1' }).click();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const breaks = page.getByRole('dialog', { name: 'Callers may fail' });
  await breaks.getByText('input_schema').first().waitFor();
  await person.check('connector-breaks');
  await breaks.getByRole('button', { name: 'Save all the same' }).click();
  await person.sees('Saved: version 4 is current.');

  // Versions: what differs, back, and marked as bad.
  await page.getByRole('link', { name: 'Versions' }).click();
  await page.getByRole('heading', { name: 'Versions of item' }).waitFor();
  await person.sees('Where a caller of version');
  await page.getByRole('region', { name: /Difference from version/ }).getByText('color').first().waitFor();
  await person.check('connector-versions');
  await page.getByRole('button', { name: 'Roll back' }).click();
  await person.sees('Rolled back.');
  await page.getByRole('button', { name: 'Mark as bad version 4' }).click();
  await person.sees('is marked as bad');
  const versions = await (await person.context.request.get(`${api}/versions`)).json();
  person.equal(versions.items.map((one) => [one.number, one.current, one.bad]), [[4, false, true], [3, true, false], [2, false, false], [1, false, false]], 'versions');

  // Deleting wants the name.
  await page.getByRole('link', { name: 'item' }).first().click();
  await page.getByRole('button', { name: 'Delete' }).click();
  const question = page.getByRole('dialog', { name: 'Delete item?' });
  await question.getByRole('textbox').fill('item');
  await question.getByRole('button', { name: 'Delete' }).click();
  await person.until('it is gone', async () => (await person.context.request.get(api)).status() === 404);
};
