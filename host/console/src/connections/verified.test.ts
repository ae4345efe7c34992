import { expect, it } from 'vitest';
import { verified } from './verified';

it('says of each server that was tried how far that went', () => {
  const destinations = [
    { name: 'orders', place: 'postgres://db.example/orders', result: 'logged in' },
    { name: null, place: 'postgres://db.example/old', result: 'failed', code: 'LG4017', detail: 'no such database' },
  ];
  expect(verified({ result: 'failed', destinations })).toEqual({
    tone: 'bad',
    text: 'A server of the group can not be used with this connection.',
    lines: ['orders (postgres://db.example/orders): logged in', 'postgres://db.example/old: failed, LG4017 no such database'],
  });
});

it('never says that a server took credentials which it was not sent', () => {
  expect(verified({ result: 'connected', destinations: [] }).text).toContain('a call tells');
  expect(verified({ result: 'refused', status: 401 }).text).toContain('with the status 401');
  expect(verified({ result: 'not verifiable' }).tone).toBe('warn');
});
