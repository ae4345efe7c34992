import { describe, expect, test } from 'vitest';
import { slugOf, starting, type Start } from './start';

describe('slugOf', () => {
  test.each([
    ['Acme Issues', 'acme-issues'],
    ['  42 Ürümqi & Co. ', 'urumqi-co'],
    ['日本', ''],
    ['x'.repeat(80), 'x'.repeat(63)],
  ])('%s', (name, slug) => expect(slugOf(name)).toBe(slug));
});

describe('starting', () => {
  const start: Start = { name: 'A', slug: 'a', description: '', kind: 'http', address: 'https://a.example', signIn: 'api_key', header: 'x-key', internal: false };
  test('an API with a key', () => {
    expect(starting(start)).toEqual({
      slug: 'a', name: 'A', resource_type: 'EXTERNAL', base_url: 'https://a.example',
      activation: { credentials: { main: { methods: { key: { type: 'api_key', in: 'header', name: 'x-key' } } } } },
      destinations: [{ url: 'https://a.example', credential: 'main' }],
    });
  });
  test('nothing to sign in with needs no connection', () => {
    expect(starting({ ...start, signIn: 'none' })).not.toHaveProperty('activation');
    expect(starting({ ...start, kind: 'none', address: '' })).toEqual({ slug: 'a', name: 'A', resource_type: 'EXTERNAL' });
  });
  test('a gRPC server is asked for its descriptors', () => {
    expect(starting({ ...start, kind: 'grpc' })).toMatchObject({ protos: { reflection: true }, destinations: [{ name: 'server', grpc: 'https://a.example' }] });
  });
});
