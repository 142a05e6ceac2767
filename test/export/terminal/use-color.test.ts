import { describe, expect, it } from 'vitest';
import { useColor } from '../../../src/export/terminal/use-color.ts';

describe('useColor', () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [false, { FORCE_COLOR: '' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ])('on a terminal %s with %j is %s', (isTerminal, env, expected) => {
    expect(useColor(isTerminal, env)).toBe(expected);
  });
});
