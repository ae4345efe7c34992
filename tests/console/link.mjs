// The link that a host prints signs in once, and leaves no trace in the address.
export default async (person) => {
  const { page, given } = person;
  await page.goto(given.url);
  await page.waitForSelector('nav[aria-label="Main"]');
  await person.sees('No group yet');
  person.equal(page.url().includes('link='), false, 'the code is not in the address');
  await page.goBack().catch(() => {});
  person.equal(page.url().includes('link='), false, 'the code is not in the history');

  await person.context.clearCookies();
  await page.goto('about:blank');
  await page.goto(given.url);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.getByRole('alert').filter({ hasText: /LG\d{4}/ }).waitFor();
  await person.check('sign-in-used-link');
};
