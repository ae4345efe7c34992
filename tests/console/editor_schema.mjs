// A schema in three views of one document: nested fields, references and unknown keywords are kept, and numbers as they are
// spelled while somebody writes.
export default async (person) => {
  const { page, given } = person;
  await person.signIn(given.token);
  await person.open('/console/workspaces/default/groups/shop/connectors/order');
  const schema = page.getByRole('region', { name: 'Input', exact: true });
  await schema.getByText('(dependentRequired, x-own)').first().waitFor();
  await schema.getByText('list of as line').waitFor();
  await schema.getByRole('button', { name: 'Edit total' }).click();
  await schema.getByText('Rules, default, values, other keywords').first().click();
  await person.until('the bound is shown', async () => (await schema.getByRole('textbox', { name: 'At least' }).inputValue()) === '1.1');
  await schema.getByRole('textbox', { name: 'At least' }).fill('2.50');
  await schema.getByRole('textbox', { name: 'At least' }).fill('2.5x');
  await person.sees('2.5x is no number of JSON.');
  await schema.getByRole('textbox', { name: 'At least' }).fill('2.50');
  await schema.getByRole('button', { name: 'Close total' }).click();
  await person.check('connector-schema');

  // Ctrl+Z goes back through the changes of the definition, and forth again.
  const title = page.getByLabel('Title', { exact: true }).first();
  await title.fill('Of all orders');
  await schema.getByRole('button', { name: 'Edit note' }).click();
  await schema.getByLabel('note is required').check();
  await page.keyboard.press('Control+z');
  await person.until('it is not required again', async () => !(await schema.getByLabel('note is required').isChecked()));
  await page.keyboard.press('Control+z');
  await person.until('the title is gone', async () => (await title.inputValue()) === '');
  await page.keyboard.press('Control+y');
  await person.until('the title is there again', async () => (await title.inputValue()) === 'Of all orders');
  // A field outside of the definition has the history of the browser.
  const test = page.getByRole('region', { name: 'Test' });
  await test.getByText('Deadline', { exact: true }).click();
  await test.getByRole('textbox', { name: /^Milliseconds/ }).focus();
  await page.keyboard.type('5');
  await page.keyboard.press('Control+z');
  person.equal(await title.inputValue(), 'Of all orders', 'the definition stays');

  // A field of an object within, by form.
  await schema.getByRole('button', { name: 'Add field' }).first().click();
  await schema.getByLabel('Type of field').selectOption('object');
  await schema.getByRole('button', { name: 'Add field' }).first().click();

  // As YAML, with a mistake that stops nothing but itself, and is not lost.
  await schema.getByRole('tab', { name: 'YAML' }).click();
  const editor = schema.locator('.cm-content');
  await editor.waitFor();
  const yaml = await editor.innerText();
  person.equal(['minimum: 2.50', 'x-own:', '$ref: "#/$defs/line"'].every((part) => yaml.includes(part)), true, `everything is there: ${yaml}`);
  await editor.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.insertText('x-more: 01\n');
  await schema.getByText('`01` is no number of JSON').waitFor();
  await page.getByRole('tab', { name: 'JSON' }).first().click();
  await person.sees("A text within this form can't be read yet");
  await editor.click();
  await page.keyboard.press('Control+End');
  for (let count = 0; count < '01\n'.length; count += 1) await page.keyboard.press('Backspace');
  await page.keyboard.insertText('1e2 # kept\n');
  await schema.getByRole('tab', { name: 'JSON' }).click();
  await editor.click();
  await page.keyboard.press('Control+End');
  await editor.getByText('1e2').waitFor();
  await schema.getByRole('tab', { name: 'Form' }).click();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await person.sees('Saved: version 2 is current.');
  const saved = await (await person.context.request.get(`${person.address}/v1/workspaces/default/groups/shop/connectors/order`)).text();
  person.equal(['"minimum":2.5', '"x-more":100', '"x-own"', '"dependentRequired"', '"$ref":"#/$defs/line"'].filter((part) => !saved.includes(part)), [], `nothing is lost: ${saved}`);
};
