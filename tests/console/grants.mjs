// What a group may call: by a form, waiting, granted, changed, and taken back.
import { saveGroup } from './story/steps.mjs';

export default async (person) => {
  const { page, given } = person;
  await person.signIn(given.token);
  const group = '/console/workspaces/default/groups/flow';
  await person.open(`${group}/definition`);
  await page.getByRole('button', { name: 'Add entry' }).click();
  await page.getByRole('textbox', { name: 'Connector', exact: true }).fill('shop/item');
  await page.getByRole('textbox', { name: 'Name in code' }).fill('get_item');
  await page.locator('#uses').getByLabel('Connection', { exact: true }).selectOption('fixed');
  await page.getByRole('textbox', { name: 'Name of the connection' }).fill('main');
  await saveGroup(person);
  await page.getByRole('link', { name: 'Grants' }).click();
  await person.sees('Waits for a grant');
  await person.check('grants');
  await page.getByRole('button', { name: 'Grant get_item' }).click();
  await page.getByRole('cell', { name: /^Granted/ }).waitFor();

  // Another connection is another entry: the grant does not hold for it.
  await person.open(`${group}/definition`);
  await page.getByRole('textbox', { name: 'Name of the connection' }).fill('other');
  await saveGroup(person);
  await page.getByRole('link', { name: 'Grants' }).click();
  await person.sees('Changed since it was granted');
  await page.getByRole('button', { name: 'Grant get_item' }).click();
  await page.getByRole('cell', { name: /^Granted/ }).waitFor();
  await page.getByRole('button', { name: 'Take back the grant of get_item' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click();
  await person.sees('Waits for a grant');
};
