// Signing in by a token, the failure of it, an ended session over unsaved work, and signing out.
export default async (person) => {
  const { page } = person;
  await person.open('/console/workspaces/default/new-group');
  await person.sees('Sign in');
  await person.check('sign-in');
  await page.getByLabel('Token').fill('lg_' + '0'.repeat(64));
  await page.getByRole('button', { name: 'Sign in' }).click();
  const refusal = page.getByRole('alert');
  await refusal.waitFor();
  const link = refusal.getByRole('link');
  person.equal(/LG\d{4}/.test(await link.innerText()), true, 'the refusal names its code');

  // Signed in, the address that was asked for is shown.
  await page.getByLabel('Token').fill(person.given.token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'New group' }).waitFor();

  // The session ends while somebody types: nothing is lost, and what was sent is sent again.
  await page.getByRole('textbox', { name: 'Name', exact: true }).first().fill('Kept over the sign-in');
  await page.getByLabel('What it calls').selectOption('none');
  await person.context.clearCookies();
  await page.getByRole('button', { name: 'Create group' }).click();
  const dialog = page.getByRole('dialog', { name: 'The session has ended' });
  await dialog.waitFor();
  await person.check('sign-in-again');
  await dialog.getByLabel('Token').fill(person.given.token);
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Kept over the sign-in' }).waitFor();

  // An address of nothing says so.
  await person.open('/console/workspaces/default/nothing');
  await person.sees('There is no such page');
  await person.open('/console');
  await page.getByRole('button', { name: /^Session/ }).click();
  await page.getByRole('menuitem', { name: /^Sign out$/ }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.goBack().catch(() => {});
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
};
