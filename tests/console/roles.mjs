// What somebody sees who may only look: everything but what changes something. The host refuses the rest by itself.
export default async (person) => {
  const { page, given } = person;
  await person.signIn(given.viewer);
  const group = '/console/workspaces/default/groups/shop';
  await page.getByRole('link', { name: /Shop/ }).waitFor();
  person.equal(await page.getByRole('link', { name: 'New group' }).count(), 0, 'no group is made');
  person.equal(await page.getByRole('navigation', { name: 'Main' }).getByRole('link').allInnerTexts(), ['Groups', 'Connections', 'Calls', 'Tenants', 'Settings'], 'the navigation');
  await person.check('groups-viewer');
  await person.open(`${group}/definition`);
  await person.sees('It can be changed by editors.');
  person.equal(await page.getByRole('button', { name: 'Save', exact: true }).count(), 0, 'nothing is saved');
  person.equal(await page.getByRole('textbox', { name: 'Name', exact: true }).first().isDisabled(), true, 'nothing is typed');
  await person.check('definition-viewer');
  await person.open(`${group}/connections`);
  person.equal(await page.getByRole('link', { name: 'New connection' }).count(), 0, 'no connection is made');
  // By the address alone: the host decides.
  await person.open('/console/workspaces/default/tokens');
  await page.getByRole('alert').filter({ hasText: 'LG1003' }).waitFor();
  await person.check('tokens-refused');
  await person.open('/console/workspaces/elsewhere/groups');
  await page.getByRole('alert').filter({ hasText: 'LG1004' }).waitFor();
};
