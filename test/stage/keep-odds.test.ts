import { describe, expect, it } from 'vitest';
import { rejectBelowOf } from '../../src/export/sampler.ts';
import { THRESHOLD_END } from '../../src/span/trace-state.ts';
import { bitsOf, isDrawn, KeepOdds, type Odds } from '../../src/stage/keep-odds.ts';

const ALL = { parentBased: true, rejectBelow: 0n };
const HALF = { parentBased: true, rejectBelow: rejectBelowOf(0.5) };

/** Share of the random numbers that are drawn. */
function shareOf(odds: Odds): number {
  const steps = 4_096n;
  let drawn = 0;
  for (let step = 0n; step < steps; step++) {
    if (isDrawn(odds, bitsOf((THRESHOLD_END * step) / steps))) drawn++;
  }
  return drawn / Number(steps);
}

describe('the odds of a trace', () => {
  it('are those of the ratio, where it begins here and all are sampled', () => {
    const { own } = new KeepOdds(0.25, ALL);
    expect(own).toMatchObject({ anyway: '0', drawn: 'c' });
    expect(shareOf(own)).toBe(0.25);
  });

  it('are the product of both, where it was sampled before', () => {
    const { own } = new KeepOdds(0.25, HALF);
    expect(own).toMatchObject({ anyway: '8', drawn: 'e' });
    expect(shareOf(own)).toBe(0.125);
  });

  it('go on from what a remote parent says of them', () => {
    const { odds } = new KeepOdds(0.5, ALL).ofRemote('ot=th:c,vendor=1');
    expect(odds).toMatchObject({ anyway: 'c', drawn: 'e' });
    expect(shareOf(odds)).toBe(0.125);
  });

  it('are not known of a trace that is kept anyway, where its remote parent does not say', () => {
    const { odds } = new KeepOdds(0.5, HALF).ofRemote('vendor=1');
    expect(odds).toMatchObject({ anyway: undefined, drawn: 'c' });
    expect(new KeepOdds(1, HALF).ofRemote(undefined).odds).toMatchObject({
      anyway: undefined,
      drawn: undefined,
    });
  });

  it('are those of the stricter, where the kernel samples remote traces itself', () => {
    const sampler = { ...HALF, parentBased: false };
    expect(new KeepOdds(0.5, sampler).ofRemote(undefined).odds).toMatchObject({ anyway: '8', drawn: 'c' });
    expect(new KeepOdds(0.5, sampler).ofRemote('ot=th:4').odds).toMatchObject({ anyway: '8' });
    expect(new KeepOdds(0.5, sampler).ofRemote('ot=th:c').odds).toMatchObject({ anyway: 'c' });
  });

  it('are for the random number that a remote parent brings along', () => {
    expect(new KeepOdds(0.5, ALL).ofRemote('ot=rv:ffffffff000001').bits).toEqual({
      high: 0xff_ffff,
      low: 0xff00_0001,
    });
    expect(new KeepOdds(0.5, ALL).ofRemote('ot=th:0').bits).toBeUndefined();
  });

  it('are none or all at the ends', () => {
    expect(shareOf(new KeepOdds(0, ALL).own)).toBe(0);
    expect(shareOf(new KeepOdds(1, ALL).own)).toBe(1);
  });
});
