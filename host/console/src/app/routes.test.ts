import { expect, test } from 'vitest';
import { arrival, ROUTES } from './routes';

const at = (path: string) => arrival(`/console/workspaces/default/${path}`);

test.each([
  ['groups/shop/connectors/new', 'groups/:ref/connectors/:connector', { ref: 'shop', connector: 'new' }],
  ['groups/shop/connectors/new/versions', 'groups/:ref/connectors/:connector/versions', { ref: 'shop', connector: 'new' }],
  ['groups/shop/connections/new', 'groups/:ref/connections/:connection', { ref: 'shop', connection: 'new' }],
  ['groups/org:shop/new-connector', 'groups/:ref/new-connector', { ref: 'org:shop' }],
])('a thing of any name has its page: %s', (path, pattern, params) => {
  expect([at(path)?.route.pattern, at(path)?.params]).toEqual([pattern, params]);
});

test('each screen is found by its own pattern', () => {
  for (const { pattern } of ROUTES) {
    const path = pattern.replace(/:\w+/g, 'x');
    expect(at(path)?.route.pattern).toBe(pattern);
  }
});

test('other places and unknown paths are no screen', () => {
  expect(arrival('/console/elsewhere/default/groups')).toBeNull();
  expect(at('groups/shop/connectors/a/b/c')).toBeNull();
});
