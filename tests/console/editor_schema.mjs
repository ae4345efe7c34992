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
