// A package leaves by the group's menu, and comes back by its plan: what is wrong, a name that is taken, another name.
import { readFile } from 'node:fs/promises';

export default async (person) => {
  const { page, given } = person;
  await person.signIn(given.token);
  await person.open('/console/workspaces/default/groups/shop');
  await page.getByRole('button', { name: /Actions/ }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: /^Export as YAML/ }).click();
  const file = await download;
  person.equal(file.suggestedFilename(), 'shop.yaml', 'the name of the file');
  const text = await readFile(await file.path(), 'utf8');
  person.equal(text.includes('slug: shop'), true, text);

  // Everything of the workspace, as the folder that comes back below.
  await person.open('/console/workspaces/default/settings');
  const everything = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download all groups' }).click();
  const folder = await readFile(await (await everything).path());
  person.equal(folder.subarray(0, 2).toString(), 'PK', 'the folder is a zip');

  await page.getByRole('link', { name: 'Groups', exact: true }).first().click();
  await page.getByRole('link', { name: 'Import' }).click();
  await page.getByRole('heading', { name: 'Import' }).waitFor();
  const choose = (name, content) => page.getByLabel(/Choose a package|\.yaml|\.zip/).setInputFiles({ name, mimeType: 'application/yaml', buffer: Buffer.from(content) });

  // What is no package is refused with its place, and nothing is changed.
  await choose('broken.yaml', 'slug: [1');
  await page.getByRole('alert').filter({ hasText: /LG\d{4}/ }).waitFor();
  await person.check('import-refused');

  await choose('shop.yaml', text);
  await person.sees('The name is taken');
  person.equal(await page.getByRole('button', { name: 'Import', exact: true }).isDisabled(), true, 'a taken name is not imported');
  await person.check('import-conflict');
  await page.getByLabel('If the slug or name is taken').selectOption('rename');
  await page.getByText('Created').waitFor();
  await person.sees('New destination');
  await person.sees('New connector: item');
  await person.check('import-plan');
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await page.getByRole('heading', { name: 'Imported' }).waitFor();
  await page.getByRole('link', { name: /^Open / }).click();
  await page.getByRole('link', { name: 'item' }).waitFor();
  person.equal(new URL(page.url()).pathname.endsWith('/groups/shop'), false, 'it is another group');

  // The folder of before does not have that group: the plan says what is lost, and does it when it is agreed to.
  await person.open('/console/workspaces/default/imports');
  await page.getByLabel('What it is').selectOption('folder');
  await page.getByLabel(/\.yaml or \.zip/).setInputFiles({ name: 'default.zip', mimeType: 'application/zip', buffer: folder });
  await person.sees('Nothing: everything is there as the package has it.');
  await page.getByLabel(/Delete groups that the folder does not have/).check();
  await person.sees('The group is deleted, with its connectors, plugins and connections.');
  await person.check('import-folder');
  await page.getByRole('button', { name: 'Import, and break what is named above' }).click();
  await page.getByRole('heading', { name: 'Imported' }).waitFor();
  const left = await (await person.context.request.get(`${person.address}/v1/workspaces/default/groups`)).json();
  person.equal(left.items.map((group) => group.slug), ['shop'], 'the group is gone');
};
