import { describe, expect, test } from 'vitest';
import { inside, match } from './match';

describe('match', () => {
  test('names take one decoded segment', () => {
    expect(match('/console/:kind/groups/:ref', '/console/x/groups/org:a%2Fb')).toEqual({ kind: 'x', ref: 'org:a/b' });
  });
  test('other lengths, other words and broken encodings match nothing', () => {
    expect(match('/console/:kind', '/console')).toBeNull();
    expect(match('/console/groups', '/console/calls')).toBeNull();
    expect(match('/console/:kind', '/console/%E0%A4%A')).toBeNull();
  });
});

describe('inside', () => {
  test('paths of the console stay', () => {
    expect(inside('/console/workspaces/a?tab=b')).toBe('/console/workspaces/a?tab=b');
  });
  test.each(['//evil.example/console', 'https://evil.example/console', '/consoles', '/v1/x', 'javascript:alert(1)', '/\\evil.example', ''])(
    'anything else leads to the first screen: %s',
    (address) => expect(inside(address)).toBe('/console'),
  );
});
