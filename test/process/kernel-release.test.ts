import { describe, expect, it } from 'vitest';
import { kernelAtLeast } from '../../src/process/kernel-release.ts';

describe('kernelAtLeast', () => {
  it.each<[string, [number, number, number?], boolean]>([
    ['6.18.44-fc', [6, 18], true],
    ['6.18', [6, 18], true],
    ['6.9.12', [6, 18], false],
    ['7.0.0-22-generic', [6, 18], true],
    ['5.17.0-rc1', [5, 17], true],
    ['6.6.34', [6, 6, 35], false],
    ['6.6.35', [6, 6, 35], true],
    ['unknown', [0, 0], false],
  ])('compares %s with %j as numbers', (release, version, expected) => {
    expect(kernelAtLeast(release, ...version)).toBe(expected);
  });
});
