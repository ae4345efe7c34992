import { describe, expect, test } from 'vitest';
import { given, methodFields, needsPerson } from './fields';

describe('values of a connection', () => {
  test('each type of method has its own', () => {
    expect(Object.keys(methodFields({ type: 'basic' }))).toEqual(['username', 'password']);
    expect(Object.keys(methodFields({ type: 'oauth2', grant: 'refresh_token' }))).toEqual(['refresh_token']);
    expect(Object.keys(methodFields({ type: 'oauth2' }))).toEqual([]);
    expect(Object.keys(methodFields({ type: 'custom', fields: { a: { type: 'text' } } }))).toEqual(['a']);
  });
  test('a person is needed for the code of an authorization alone', () => {
    expect(needsPerson({ type: 'oauth2' })).toBe(true);
    expect(needsPerson({ type: 'oauth2', grant: 'client_credentials' })).toBe(false);
    expect(needsPerson({ type: 'basic' })).toBe(false);
  });
  test('numbers are numbers, and what is empty, hidden or disabled is not sent', () => {
    const fields = { port: { type: 'number' }, name: { type: 'text' }, off: { type: 'text', disabled: true }, none: { type: 'text' } } as const;
    expect(given(fields, { port: ' 80 ', name: 'x', off: 'y', none: '' })).toEqual({ port: 80, name: 'x' });
    expect(given(fields, { port: '8o' })).toEqual({ port: '8o' });
  });
});
