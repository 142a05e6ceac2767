import { describe, expect, it } from 'vitest';
import { useUnicode } from '../../../src/export/terminal/use-unicode.ts';

describe('useUnicode', () => {
  it.each([
    [{}, false],
    [{ LANG: 'C' }, false],
    [{ LANG: 'C.UTF-8' }, true],
    [{ LANG: 'de_DE.utf8' }, true],
    [{ LANG: 'de_DE.ISO-8859-1' }, false],
    [{ LC_CTYPE: 'POSIX', LANG: 'C.UTF-8' }, false],
    [{ LC_ALL: 'en_US.UTF-8', LC_CTYPE: 'C', LANG: 'C' }, true],
    [{ LC_ALL: '', LC_CTYPE: '', LANG: 'C.UTF-8' }, true],
  ])('with %j is %s', (env, expected) => {
    expect(useUnicode(env)).toBe(expected);
  });
});
