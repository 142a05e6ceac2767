import { expect, it } from 'vitest';
import { cutText } from '../../src/span/cut-text.ts';

it('A text is cut to so many units, and never through a surrogate pair', () => {
  expect(cutText('/abcdef', 4)).toBe('/abc');
  expect(cutText('/ab\u{1F600}', 4)).toBe('/ab');
  expect(cutText('/a\u{1F600}', 4)).toBe('/a\u{1F600}');
});
