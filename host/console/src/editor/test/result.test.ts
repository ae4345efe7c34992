import { expect, test } from 'vitest';

import { parseJson } from '../../json/parse';
import { Num } from '../../json/value';
import { beginning, bytes, duration, headline, tested } from './result';

test('an answer is read with its numbers as they are', () => {
  const text = `{"output": {"price": 1.10}, "call": "c1", "duration_us": 12345, "usage": {"cpu_us": 900, "peak_memory_bytes": 459576,
    "host_calls": 1}, "logs": [{"level": "info", "message": "m", "fields": {"a": 1}}], "exchanges": [{"method": "GET",
    "url": "https://a.example/", "status": 404}], "exchanges_dropped": 2, "violations": {"input": [{"pointer": "/id",
    "rule": "type", "detail": "expected a string"}], "output": []}, "credentials_withheld": true,
    "calls": [{"name": "post", "connector": "chat/post", "outcome": "LG3001", "detail": "no room", "duration_us": 2000, "exchanges": [],
    "logs": [], "calls": [{"name": "read", "connector": "a/b", "outcome": "ok", "duration_us": 1000}]}], "calls_dropped": 3}`;
  const read = parseJson(text, false);
  if ('mistakes' in read) throw new Error('not read');
  const found = tested(read.value);
  expect((found.output as ReadonlyMap<string, Num>).get('price')?.text).toBe('1.10');
  expect(found.usage.map((one) => one.text)).toEqual(['0.9 ms', '448.8 KiB', '1']);
  expect([found.milliseconds, found.dropped, found.withheld]).toEqual([12.345, 2, true]);
  expect(found.calls).toMatchObject([{ name: 'post', connector: 'chat/post', outcome: 'LG3001', detail: 'no room', milliseconds: 2, calls: [{ name: 'read', outcome: 'ok', calls: [], logs: [] }] }]);
  expect(found.callsDropped).toBe(3);
  expect(found.input).toEqual([{ pointer: '/id', rule: 'type', detail: 'expected a string' }]);
  expect(headline(found.exchanges[0] ?? new Map())).toEqual({ what: 'GET https://a.example/', came: '404', failed: true });
});

test('a long text is cut where no sign is broken', () => {
  expect(beginning('abc', 2)).toEqual({ text: 'ab', more: 1 });
  expect(beginning('a😀b', 2)).toEqual({ text: 'a', more: 3 });
  expect([duration(0.4), duration(250), duration(1500), bytes(10), bytes(2048)]).toEqual(['0.4 ms', '250 ms', '1.50 s', '10 B', '2.0 KiB']);
});
