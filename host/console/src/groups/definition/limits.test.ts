import { expect, test } from 'vitest';
import page from '../../../../../docs/operators.md?raw';
import published from '../../../../../wit/group.schema.json?raw';
import { LIMITS } from './limits';

test('the limits and their bounds are those of the published schema', () => {
  const schema = JSON.parse(published);
  const limits = schema.$defs.LimitsPatch.properties as Record<string, { minimum: number; maximum: number }>;
  const found = Object.entries(limits).filter(([name]) => name !== 'connectors').map(([name, { minimum, maximum }]) => [name, minimum, maximum]);
  expect(LIMITS.map((one) => [one.name, one.least, one.most]).sort()).toEqual(found.sort());
});

test('the defaults are those of the operators’ page', () => {
  for (const one of LIMITS) expect(page).toContain(`| \`${one.name}\` | ${one.standard.toLocaleString('en')} |`);
});
