// Groups: the empty state, making one, its definition by form and by YAML, a second editor, hostile texts, deletion.
import { saveGroup } from './story/steps.mjs';

const HOSTILE = '<img src=x onerror="window.hit=1"><script>window.hit=1</script> \u202Eabc \u001b[31mred';

export default async (person) => {
  const { page } = person;
  const shows = (field, value) => person.until(`a field shows ${value}`, async () => (await field.inputValue()) === value);
  const images = [];
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/console/image') images.push(request.url());
  });
  await person.signIn(person.given.token);
  await person.sees('No group yet');
  await person.check('groups-empty');
  await page.getByRole('link', { name: 'Make the first group' }).click();
  await page.getByRole('heading', { name: 'New group' }).waitFor();
  await person.check('group-new');

  // A mistake is shown at its field.
  await page.getByRole('textbox', { name: 'Name', exact: true }).first().fill('Acme Issues');
  person.equal(await page.getByLabel('Slug').inputValue(), 'acme-issues', 'the slug comes from the name');
  await page.getByRole('textbox', { name: /^Address/ }).fill('https://*.example');
  await page.getByRole('button', { name: 'Create group' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByRole('textbox', { name: /^Address/ }).fill('https://api.acme.example/v1');
  await page.getByLabel('How it signs in there').selectOption('api_key');
  await page.getByRole('button', { name: 'Create group' }).click();
  await page.getByRole('heading', { name: 'Acme Issues' }).waitFor();
  await person.sees('No connector yet');
  await person.check('group-connectors-empty');

  // By form.
  await page.getByRole('link', { name: 'Definition' }).click();
  await page.getByLabel('Description', { exact: true }).first().fill(HOSTILE.slice(0, 90));
  await page.getByLabel('Tags').fill('work, <b>bold</b>');
  await page.getByLabel('Image', { exact: true }).fill('https://images.acme.example/icon.svg');
  await page.getByLabel('CPU time of the plugin or script, in milliseconds').fill('2000');
  await page.getByRole('button', { name: 'Add destination' }).click();
  await page.getByRole('textbox', { name: /^Address/ }).last().fill('https://files.acme.example');
  await page.getByLabel('Credential', { exact: true }).last().selectOption('none');
  await person.check('group-definition');

  // Leaving asks, and staying keeps.
  await page.getByRole('link', { name: 'Calls', exact: true }).click();
  const leave = page.getByRole('dialog', { name: 'Leave without saving?' });
  await leave.waitFor();
  await leave.getByRole('button', { name: 'Stay' }).click();
  // What is typed outlives the tab's page.
  page.once('dialog', (dialog) => dialog.accept());
  await page.reload();
  await person.sees('Changes from before are here again');
  person.equal(await page.getByLabel('CPU time of the plugin or script, in milliseconds').inputValue(), '2000', 'what was typed is kept');

  // The same as YAML, both ways.
  await page.getByRole('tab', { name: 'YAML' }).click();
  const editor = page.locator('.cm-content');
  await editor.waitFor();
  const text = await editor.innerText();
  person.equal(['cpu_ms: 2000', 'https://files.acme.example', 'slug: acme-issues'].every((part) => text.includes(part)), true, `the YAML has what the form has: ${text}`);
  await person.check('group-yaml');
  await editor.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.insertText('\nsettings:\n  page_size: 50\n  ratio: 1.10\n');
  await page.keyboard.type('a: b: c');
  await person.sees('A part has mistakes');
  person.equal(await page.getByRole('button', { name: 'Save', exact: true }).isDisabled(), true, 'mistakes are not saved');
  for (let count = 0; count < 'a: b: c'.length; count += 1) await page.keyboard.press('Backspace');
  await page.getByRole('tab', { name: 'Form' }).click();
  for (const line of ['page_size: 50', 'ratio: 1.10']) await page.locator('#settings .cm-content').getByText(line).waitFor();
  await saveGroup(person);

  // Ctrl+Z goes back through the changes of the definition, wherever in the form the focus is.
  const tags = page.getByLabel('Tags');
  const cpu = page.getByLabel('CPU time of the plugin or script, in milliseconds');
  await tags.fill('other');
  await cpu.fill('3000');
  await page.getByRole('button', { name: 'Remove destination https://files.acme.example' }).click();
  await page.getByRole('heading', { name: 'https://files.acme.example' }).waitFor({ state: 'detached' });
  await page.keyboard.press('Control+z');
  await page.getByRole('heading', { name: 'https://files.acme.example' }).waitFor();
  await page.keyboard.press('Control+z');
  await shows(cpu, '2000');
  await page.keyboard.press('Control+z');
  await shows(tags, 'work, <b>bold</b>');
  await person.sees('Everything is saved.');
  await page.keyboard.press('Control+Shift+z');
  await shows(tags, 'other');
  await page.keyboard.press('Control+z');
  await person.sees('Everything is saved.');

  // A mistake of the definition has its place.
  await page.getByLabel('Base address').fill('https://elsewhere.example');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('alert').filter({ hasText: '/base_url' }).waitFor();
  await page.getByLabel('Base address').fill('https://api.acme.example/v1');

  // A second editor: nothing is lost, and a person chooses.
  await page.getByRole('textbox', { name: 'Name', exact: true }).first().fill('Acme by me');
  const other = await person.context.request.get(`${person.address}/v1/workspaces/default/groups/acme-issues`);
  const csrf = (await (await person.context.request.get(`${person.address}/console/session`)).json()).csrf;
  const changed = await person.context.request.patch(`${person.address}/v1/workspaces/default/groups/acme-issues`, {
    headers: { 'x-lockgate-csrf': csrf, 'content-type': 'application/merge-patch+json', 'if-match': other.headers().etag, origin: person.address },
    data: { name: 'Acme by them', documentation_url: 'https://docs.acme.example' },
  });
  person.equal(changed.status(), 200, `the other editor saves: ${await changed.text()}`);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const conflict = page.getByRole('dialog', { name: 'Somebody else has saved meanwhile' });
  await conflict.waitFor();
  await conflict.getByText('/documentation_url').waitFor();
  await person.check('group-conflict');
  await conflict.getByRole('radio', { name: 'Written here' }).check();
  await conflict.getByRole('button', { name: 'Put together' }).click();
  await saveGroup(person);
  await page.getByRole('heading', { name: 'Acme by me' }).waitFor();
  person.equal(await page.getByLabel('Documentation').inputValue(), 'https://docs.acme.example', 'theirs is there too');

  // Hostile texts are texts.
  await person.open('/console/workspaces/default/groups');
  await person.sees('<img src=x onerror=');
  // An image comes by way of the host, or not at all: this one's server does not exist.
  await person.until('the host is asked for the image', async () => images.length > 0);
  person.equal(new URL(images[0]).searchParams.get('url'), 'https://images.acme.example/icon.svg', 'which image');
  await person.check('groups');
  await person.open('/console/workspaces/default/groups/acme-issues');
  await person.sees('<img src=x onerror=');
  person.equal(await page.evaluate(() => window.hit ?? null), null, 'nothing of a description runs');

  // The search, and other tabs.
  await person.open('/console/workspaces/default/groups?q=nothing-like-it');
  await person.sees('No group matches');
  await page.getByRole('link', { name: 'Community' }).click();
  await person.until('the tab is shown', async () => (await page.getByRole('link', { name: 'Community' }).getAttribute('aria-current')) === 'page');
  await page.waitForSelector('.cards, .empty');

  // Deleting says what is lost, and wants the name.
  await person.open('/console/workspaces/default/groups/acme-issues');
  await page.getByRole('button', { name: /Actions/ }).click();
  await page.getByRole('menuitem', { name: 'Delete group…' }).click();
  const question = page.getByRole('dialog', { name: /Delete the group/ });
  await question.waitFor();
  await person.check('group-delete');
  person.equal(await question.getByRole('button', { name: 'Delete group' }).isDisabled(), true, 'the name is wanted first');
  await question.getByRole('textbox').fill('acme-issues');
  await question.getByRole('button', { name: 'Delete group' }).click();
  await person.sees('No group yet');
};
