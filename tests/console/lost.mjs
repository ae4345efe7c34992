// A host that does not answer loses no text, and everything goes on when it answers again.
export default async (person) => {
  const { page, context, given } = person;
  await person.signIn(given.token);
  await person.open('/console/workspaces/default/groups/shop/definition');
  await page.getByLabel('Description', { exact: true }).first().fill('Typed while the host was away');
  await context.setOffline(true);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('alert').filter({ hasText: 'The host does not answer.' }).waitFor();
  person.equal(await page.getByLabel('Description', { exact: true }).first().inputValue(), 'Typed while the host was away', 'the text is there');
  await context.setOffline(false);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await person.sees('The group is saved.');

  // A list that could not be read is read again.
  await context.setOffline(true);
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Groups' }).click();
  await page.getByRole('alert').waitFor();
  await context.setOffline(false);
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.waitForSelector('.cards');

  // Over a slow network a press of a button is one request.
  await person.open('/console/workspaces/default/tenants');
  let sent = 0;
  await page.route('**/tenants', async (route) => {
    if (route.request().method() === 'POST') {
      sent += 1;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await route.continue();
  });
  await page.getByRole('textbox', { name: 'Name of a tenant' }).fill('slow');
  await page.getByRole('button', { name: 'Declare' }).dblclick();
  await page.getByRole('cell', { name: 'slow', exact: true }).waitFor();
  person.equal(sent, 1, 'requests');
};
