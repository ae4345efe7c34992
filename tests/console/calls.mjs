// A call whose code called others: from its page to theirs, and back.
export default async (person) => {
  const { page, given } = person;
  await person.signIn(given.token);
  await person.open('/console/workspaces/default/calls?connector=total');
  await page.getByRole('table', { name: 'Calls' }).getByRole('link').click();
  await page.getByRole('heading', { level: 1, name: 'Call of total' }).waitFor();
  const outer = new URL(page.url()).pathname;
  const made = page.getByRole('table', { name: 'Calls that it made' });
  await made.getByRole('row').nth(2).waitFor();
  person.equal(await made.getByRole('link').count(), 2, 'the calls that it made');
  person.equal(await page.getByText('Made by', { exact: true }).count(), 0, 'nobody made the first call');
  await person.check('call-with-inner');

  // One of them failed; its page leads back.
  await made.getByRole('row').filter({ hasText: 'negative' }).getByRole('link').click();
  await page.getByRole('heading', { level: 1, name: 'Call of price' }).waitFor();
  await page.getByText('Made by', { exact: true }).waitFor();
  await person.sees('nothing costs that');
  await person.check('call-within-another');
  await page.getByRole('link', { name: outer.split('/').at(-1), exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Call of total' }).waitFor();
  await made.waitFor();
  person.equal(new URL(page.url()).pathname, outer, 'the call that made it');
};
