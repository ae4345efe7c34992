// What strangers send is text: names, outputs, headers and logs with markup, marks of direction, and a megabyte.
export default async (person) => {
  const { page, given } = person;
  await person.signIn(given.token);
  const group = '/console/workspaces/default/groups/shop';
  for (const name of ['hostile', 'big']) {
    await person.open(`${group}/connectors/${name}`);
    const test = page.getByRole('region', { name: 'Test' });
    await test.getByRole('button', { name: 'Run' }).click();
    await test.getByText('Succeeded').waitFor();
    if (name === 'hostile') {
      const output = await test.getByRole('region', { name: 'Output of the test' }).innerText();
      for (const part of ['<img src=x onerror=', '\\u202e', '\\u001b[31m', '12345678901234567890.10']) {
        person.equal(output.includes(part), true, `the output shows ${part}: ${output}`);
      }
      await test.getByRole('tab', { name: 'Requests (1)' }).click();
      await test.locator('summary').filter({ hasText: '/hostile' }).click();
    } else {
      await test.getByText('Show all').waitFor();
      person.equal((await test.getByRole('region', { name: 'Output of the test' }).innerText()).length < 110_000, true, 'a long output is cut');
    }
    await person.check(`connector-${name}`);
    if (name === 'big') {
      await test.getByRole('button', { name: 'Show all' }).click();
      await person.until('all of it is shown', async () => (await test.getByRole('region', { name: 'Output of the test' }).textContent()).length > 1_000_000);
    }
    person.equal(await page.evaluate(() => window.hit ?? null), null, 'nothing of it runs');
  }
  // A definition by a stranger, in each view.
  await person.open(`${group}/connectors/hostile`);
  await person.sees('<img src=x onerror=');
  // A connector of any name has its page, beside the page that makes one.
  await person.open(`${group}/connectors/new`);
  await page.locator('code').filter({ hasText: /^new$/ }).waitFor();
  await person.open(`${group}/connectors/hostile`);
  for (const view of ['JSON', 'YAML']) {
    await page.getByRole('tab', { name: view }).first().click();
    await page.locator('.definition .cm-content').waitFor();
  }
  await page.getByRole('link', { name: 'Versions' }).click();
  await page.getByRole('heading', { name: /^Versions of/ }).waitFor();
  person.equal(await page.evaluate(() => window.hit ?? null), null, 'nothing of it runs');
};
