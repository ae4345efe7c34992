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
  const start: Start = {
    name: 'A', slug: 'a', description: '', kind: 'http', address: 'https://a.example', signIn: 'api_key', header: 'x-key', internal: false, plaintext: false,
    oauth: { authorizeUrl: 'https://id.example/auth', tokenUrl: 'https://id.example/token', scopes: ' read  write ' },
    database: { engine: 'mysql', host: 'db.example', port: '3307', name: 'orders' },
  };
  test('an API with a key', () => {
    expect(starting(start)).toEqual({
      slug: 'a', name: 'A', resource_type: 'EXTERNAL', base_url: 'https://a.example',
      activation: { credentials: { main: { methods: { key: { type: 'api_key', in: 'header', name: 'x-key' } } } } },
      destinations: [{ url: 'https://a.example', credential: 'main' }],
    });
  });
  test('a key goes without TLS where a person says so', () => {
    for (const kind of ['http', 'grpc'] as const) {
      const clear: Start = { ...start, kind, address: 'http://10.0.0.7:8080', internal: true };
      expect(starting(clear).destinations).not.toMatchObject([{ plaintext: true }]);
      expect(starting({ ...clear, plaintext: true }).destinations).toMatchObject([{ plaintext: true }]);
      // What was ticked for another address says nothing of this one.
      expect(starting({ ...clear, address: 'https://a.example', plaintext: true }).destinations).not.toMatchObject([{ plaintext: true }]);
    }
  });
  test('nothing to sign in with needs no connection', () => {
    expect(starting({ ...start, signIn: 'none' })).not.toHaveProperty('activation');
    expect(starting({ ...start, kind: 'none', address: '' })).toEqual({ slug: 'a', name: 'A', resource_type: 'EXTERNAL' });
  });
  test('a gRPC server is asked for its descriptors', () => {
    expect(starting({ ...start, kind: 'grpc' })).toMatchObject({ protos: { reflection: true }, destinations: [{ name: 'server', grpc: 'https://a.example' }] });
  });
  test('a person agrees at a provider', () => {
    expect(starting({ ...start, signIn: 'oauth2' })).toMatchObject({
      activation: { credentials: { main: { methods: { oauth: {
        type: 'oauth2', grant: 'authorization_code', authorize_url: 'https://id.example/auth', token_url: 'https://id.example/token', scopes: ['read', 'write'],
      } } } } },
    });
  });
  test('a database is a destination without a base address', () => {
    const group = starting({ ...start, kind: 'database', signIn: 'basic', address: '' });
    expect(group).not.toHaveProperty('base_url');
    expect(group.destinations).toEqual([{ name: 'main', database: { engine: 'mysql', host: 'db.example', port: 3307, name: 'orders' }, credential: 'main' }]);
    expect(starting({ ...start, kind: 'database', database: { ...start.database, port: '', name: '' } }).destinations).toEqual([
      { name: 'main', database: { engine: 'mysql', host: 'db.example' }, credential: 'main' },
    ]);
  });
});
