// A script: completion of the library and of the input, mistakes at their line as one types, its log, and a failure.
export default async (person) => {
  const { page, given } = person;
  await person.signIn(given.token);
  await person.open('/console/workspaces/default/groups/shop/new-connector?type=function');
  await page.getByRole('textbox', { name: 'Name', exact: true }).first().fill('greeting');
  const script = page.getByRole('region', { name: 'Script', exact: true });
  const editor = script.locator('.cm-content');
  await editor.click();
  const write = async (text) => {
    await editor.click();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(text);
  };
  // The list is asked for again until it is there: what the page hears of the text meanwhile may close it.
  const offers = async (text) => {
    const option = script.locator('.cm-tooltip-autocomplete').getByText(text).first();
    await person.until(`${text} is offered`, async () => {
      await page.keyboard.press('Control+ ');
      return await option.waitFor({ timeout: 3000 }).then(() => true, () => false);
    });
    await page.keyboard.press('Escape');
  };
  const test = page.getByRole('region', { name: 'Test' });
  // The form of the test follows from the types of the template.
  await test.getByRole('textbox', { name: 'Name', exact: true }).waitFor();

  // The tabulator key leads on, and nobody is caught.
  await page.keyboard.press('Tab');
  person.equal(await page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.className.includes('cm-content') ?? false), false, 'the keyboard leaves the editor');

  // Completion: fields of the input, the context, modules.
  await write('export default async function (order, ctx) {\n  return order.');
  await offers('name');
  await write('export default async function (order, ctx) {\n  return ctx.');
  await offers('remainingMs');
  await write('import { sql } from "lockgate/');
  await offers('lockgate/database');

  // A mistake at its line, without a save.
  await write('export default function (order) {\n  retrun order;\n}\n');
  const mistakes = page.getByRole('list', { name: 'Mistakes in Script' });
  await mistakes.getByRole('button', { name: 'Line 2' }).waitFor();
  await script.locator('.cm-lint-marker-error').first().waitFor();
  await person.check('connector-script-mistake');
  await write('export default function (order: { name: string }) {\n  console.warn("looked at", order.name);\n  return { text: `Hello, ${order.name}!` };\n}\n');
  await mistakes.waitFor({ state: 'detached' });

  await test.getByRole('textbox', { name: 'Name', exact: true }).fill('Ada');
  await test.getByRole('button', { name: 'Run' }).click();
  await test.getByText('Hello, Ada!').waitFor();
  await test.getByRole('tab', { name: 'Log (1)' }).click();
  await test.getByText('looked at Ada').waitFor();
  await person.check('connector-script');
  // By the keyboard alone.
  await test.getByRole('textbox', { name: 'Name', exact: true }).fill('Bo');
  await page.keyboard.press('Control+Enter');
  await test.getByRole('tab', { name: 'Output' }).click();
  await test.getByText('Hello, Bo!').waitFor();

  // What a script throws is a failure with its code.
  await write('import { Failure } from "lockgate";\nexport default () => {\n  throw new Failure("not_found", "<b>nothing</b>");\n};\n');
  await test.getByRole('button', { name: 'Run' }).click();
  await test.getByText('Failed: LG3001').waitFor();
  await test.getByText('<b>nothing</b>').first().waitFor();

  // A change of the types changes the form, before the first save and in every later version.
  await write('export default (order: { name: string }): string => order.name;\n');
  await test.getByRole('textbox', { name: 'Name', exact: true }).waitFor();
  await page.keyboard.press('Control+s');
  await person.sees('Saved: version 1 is current.');
  await page.waitForURL(/connectors\/greeting$/);
  await page.getByRole('heading', { level: 1, name: 'greeting' }).waitFor();
  await test.getByRole('textbox', { name: 'Name', exact: true }).waitFor();
  const title = test.getByRole('textbox', { name: 'Title' });
  const add = test.getByRole('button', { name: 'Title' });
  person.equal(await add.count(), 0, 'the type has no title yet');
  await write('export default (order: { name: string; title?: string }): string => `${order.title ?? ""} ${order.name}`;\n');
  await add.click();
  await title.fill('Dr.');
  await test.getByRole('button', { name: 'Run' }).click();
  await test.getByText('"Dr. Bo"').waitFor();
  await page.keyboard.press('Control+s');
  await person.sees('Saved: version 2 is current.');
  await page.reload();
  await title.waitFor();
  person.equal(await page.getByText('It follows from the types of the script').count(), 2, 'both schemas follow from the types');
};
