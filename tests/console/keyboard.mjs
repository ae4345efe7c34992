// Everything without a mouse: signing in, past the navigation, a menu, a dialog, a form.
export default async (person) => {
  const { page, given } = person;
  const focused = (selector) => page.evaluate((wanted) => document.activeElement?.matches(wanted) === true, selector);
  const reach = async (selector) => {
    for (let step = 0; step < 60; step += 1) {
      if (await focused(selector)) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`the keyboard does not reach ${selector}`);
  };
  await person.open('/console');
  await reach('input[type=password]');
  await page.keyboard.type(given.token);
  await page.keyboard.press('Enter');
  await page.waitForSelector('nav[aria-label="Main"]');
  await person.sees('No group yet');

  // Past the navigation, to what the screen is about.
  await page.reload();
  await person.sees('No group yet');
  await reach('a.skip');
  await page.keyboard.press('Enter');
  person.equal(await focused('main'), true, 'the content has the focus');
  await reach('main a[href$="/new-group"]');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'New group' }).waitFor();
  person.equal(await focused('h1'), true, 'a new screen is read from its title on');
  await page.keyboard.press('Tab');
  await page.keyboard.type('By keyboard');
  await reach('select');
  await page.keyboard.press('End');
  await reach('button[type=submit]');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'By keyboard' }).waitFor();

  // A menu, and a dialog that gives the focus back.
  await reach('[data-dropdown-menu-trigger]:not(.wide)');
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem').first().waitFor();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await person.until('the dialog is closed', async () => (await dialog.count()) === 0);
  person.equal(await page.evaluate(() => document.activeElement !== document.body), true, 'the focus is somewhere');

  // The editor of code does not catch the keyboard.
  await person.open('/console/workspaces/default/groups/by-keyboard/definition?view=yaml');
  await page.locator('.cm-content').waitFor();
  await reach('[role=tab][data-state=active]');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  person.equal(await focused('.code-place'), false, 'the editor is left by the tabulator key');
};
