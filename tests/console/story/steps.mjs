// Steps that a person repeats.

/** Fills in the form of a new group, and creates it. It may reach the servers of the test, which have private addresses. */
export async function newGroup(person, name, fill) {
  const { page } = person;
  await page.getByRole('heading', { name: 'New group' }).waitFor();
  await page.getByRole('textbox', { name: 'Name', exact: true }).first().fill(name);
  await fill();
  await page.getByRole('checkbox', { name: /^It may reach private addresses/ }).check();
  await page.getByRole('button', { name: 'Create group' }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}

/** Goes to a part of the group's page. */
export async function tab(person, name) {
  const link = person.page.getByRole('navigation', { name: 'Parts of the group' }).getByRole('link', { name, exact: true });
  await link.click();
  await person.until(`${name} is shown`, async () => (await link.getAttribute('aria-current')) === 'page');
}

/** Saves the definition of a group, and waits for this save and no former one. */
export async function saveGroup({ page }) {
  const bar = page.getByRole('group', { name: 'Changes' });
  await bar.getByText('Changes are not saved.').waitFor();
  await bar.getByRole('button', { name: 'Save', exact: true }).click();
  await bar.getByText('Everything is saved.').waitFor();
}

/** Makes a connector of a type from the group's page, and saves it as its first version. */
export async function connector(person, type, name, write) {
  const { page } = person;
  await page.getByRole('link', { name: /^(New connector|Make the first connector)$/ }).first().click();
  await page.getByRole('link', { name: new RegExp(`^${type}`) }).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).first().fill(name);
  await write();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.waitForURL(new RegExp(`/connectors/${name}$`));
  await page.locator('code').filter({ hasText: new RegExp(`^${name}$`) }).waitFor();
}

/** Runs the test of the connector that is shown, whose output has this text. */
export async function test(person, fill, output) {
  const region = person.page.getByRole('region', { name: 'Test' });
  await fill(region);
  await region.getByRole('button', { name: 'Run' }).click();
  await region.getByText('Succeeded').waitFor();
  await region.getByText(output).waitFor();
}
