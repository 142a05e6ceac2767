import { createTraceState } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { samplingStateOf, THRESHOLD_END, thresholdText, withThreshold } from '../../src/span/trace-state.ts';

describe('the sampling state', () => {
  it.each([
    ['ot=th:c', 0xc0_0000_0000_0000n, undefined],
    ['ot=th:0', 0n, undefined],
    ['vendor=1,ot=rv:0123456789abcd;th:fd70a4,other=2', 0xfd_70a4_0000_0000n, 0x01_2345_6789_abcdn],
    ['ot=p:8;r:62', undefined, undefined],
    ['ot=th:', undefined, undefined],
    ['ot=th:C', undefined, undefined],
    ['ot=th:0123456789abcde', undefined, undefined],
    ['ot=rv:123', undefined, undefined],
    ['vendor=th:c', undefined, undefined],
    ['', undefined, undefined],
  ])('of %j has the threshold %s and the random number %s', (text, threshold, randomness) => {
    expect(samplingStateOf(text)).toEqual({ threshold, randomness });
  });

  it.each([
    [0n, '0'],
    [THRESHOLD_END / 2n, '8'],
    [THRESHOLD_END - 1n, 'ffffffffffffff'],
    [1n, '00000000000001'],
  ])('writes the threshold %s as %s, which reads as the same', (threshold, text) => {
    expect(thresholdText(threshold)).toBe(text);
    expect(samplingStateOf(`ot=th:${text}`).threshold).toBe(threshold);
  });
});

describe('a threshold', () => {
  it.each([
    [undefined, 'ot=th:8'],
    ['vendor=1', 'ot=th:8,vendor=1'],
    ['a=1,ot=th:c;rv:0123456789abcd,b=2', 'ot=th:8;rv:0123456789abcd,a=1,b=2'],
    ['a=1, ot=p:1', 'ot=th:8;p:1,a=1'],
  ])('is put into %j, and all else stays', (before, after) => {
    expect(withThreshold(before, '8')).toBe(after);
    expect(createTraceState(after).serialize()).toBe(after);
  });
});
