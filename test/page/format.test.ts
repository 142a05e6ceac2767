/** Numbers as they are read. */
import { describe, expect, it } from 'vitest';
import { bytesText, durationText, percentText } from '../../src/ui/format.ts';

describe('a duration', () => {
  it.each([
    [0, '0 ns'],
    [999, '999 ns'],
    [999.7, '1.00 µs'],
    [58_234_000, '58.2 ms'],
    [999_600_000, '1.00 s'],
    [61e9, '1 min 1 s'],
    [3_700e9, '1 h 1 min'],
    [7 * 86_400e9, '7 d 0 h'],
  ])('of %d ns is told as %s', (ns, text) => expect(durationText(ns)).toBe(text));
});

describe('a share', () => {
  it.each([
    [0, '0 %'],
    [0.0002, '< 0.1 %'],
    [0.017, '1.7 %'],
    [0.72, '72 %'],
    [0.9951, '> 99 %'],
    [1, '100 %'],
  ])('of %d is told as %s', (share, text) => expect(percentText(share)).toBe(text));
});

describe('bytes', () => {
  it.each([
    [0, '0 B'],
    [1000, '1.00 kB'],
    [2_280_000, '2.28 MB'],
  ])('%d are told as %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));
});
