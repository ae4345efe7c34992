import { describe, expect, test } from 'vitest';
import { fresh, further, putFurther, putNumber, putText, putWords, renamed } from './member';

describe('members of a definition', () => {
  test('an empty field leaves its member out', () => {
    const object = { name: 'a', count: 1, tags: ['x'] };
    putText(object, 'name', '');
    putNumber(object, 'count', ' ');
    putWords(object, 'tags', ' , ', /,/);
    expect(object).toEqual({});
  });
  test('what is no number is left to the host', () => {
    const object = {};
    putNumber(object, 'a', '12');
    putNumber(object, 'b', '1e3x');
    expect(object).toEqual({ a: 12, b: '1e3x' });
  });
  test('a member is renamed at its place, and never over another', () => {
    expect(Object.keys(renamed({ a: 1, b: 2, c: 3 }, 'b', 'd'))).toEqual(['a', 'd', 'c']);
    expect(renamed({ a: 1, b: 2 }, 'a', 'b')).toEqual({ a: 1, b: 2 });
    expect(fresh({ key: 1, key_2: 1 }, 'key')).toBe('key_3');
  });
  test('members without a field are kept, and changed apart from the others', () => {
    const object = { type: 'x', keep: { a: 1 }, drop: true };
    expect(further(object, ['type'])).toEqual({ keep: { a: 1 }, drop: true });
    putFurther(object, ['type'], { keep: { a: 2 }, type: 'never', more: 1 });
    expect(object).toEqual({ type: 'x', keep: { a: 2 }, more: 1 });
  });
});
