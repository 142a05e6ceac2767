import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { pageBytes, readPageBytes } from '../../src/process/page-size.ts';

const words = (...values: number[]) => new Uint8Array(BigUint64Array.from(values, BigInt).buffer);

describe('the size of a page', () => {
  it('is that of this host', () => {
    expect(pageBytes()).toBe(Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' })));
  });

  it('is what the auxiliary vector says, and the smallest where it does not', () => {
    expect(readPageBytes(words(33, 0x7ffe_0000, 6, 65_536, 0, 0))).toBe(65_536);
    expect(readPageBytes(words(33, 6, 0, 0))).toBe(4_096);
    expect(readPageBytes(words(6, 16_384).subarray(0, 12))).toBe(4_096);
  });
});
