// What leaves the host with the flow's group: a package, a document and a description for others. No secret is in them.
import { readFile } from 'node:fs/promises';

export async function leaves(person, token) {
  const { page, given } = person;
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Groups' }).click();
  await page.getByRole('link', { name: 'Morning report' }).click();
  await page.getByRole('heading', { name: 'Morning report', level: 1 }).waitFor();

  const zip = await chosen(page, /^Export as a package/);
  person.equal(zip.name, 'morning-report.zip', 'the name of the package');
  person.equal(zip.bytes.subarray(0, 2).toString(), 'PK', 'the package is a zip');
  // Names of files stand as they are in a zip.
  for (const file of ['group.yaml', 'scripts/report.ts']) person.equal(zip.bytes.includes(file), true, `the package has ${file}`);

  const yaml = await chosen(page, /^Export as YAML/);
  person.equal(yaml.bytes.includes('slug: morning-report'), true, yaml.bytes.toString());

  const described = await chosen(page, /^OpenAPI document/);
  const document = JSON.parse(described.bytes.toString());
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path).map((one) => one.operationId).filter(Boolean));
  person.equal([described.name, operations], ['morning-report.openapi.json', ['report']], 'the description has an operation for each connector');

  for (const secret of [token, given.secret, given.database.password]) {
    for (const { name, bytes } of [zip, yaml, described]) person.equal(bytes.includes(secret), false, `a secret is in ${name}`);
  }
}

/** What an entry of the group's menu downloads. */
async function chosen(page, entry) {
  await page.getByRole('button', { name: /Actions/ }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: entry }).click();
  const file = await download;
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}
