import { describe, expect, it } from 'vitest';
import { RaiseController } from '../../src/tracer/raise-controller.ts';

const MINUTE = 60_000;

describe('a raise', () => {
  it('lasts for a minute, whatever is slow meanwhile', () => {
    const raise = new RaiseController();
    expect(raise.isOver(0)).toBe(false);
    expect(raise.begin(1_000)).toBe(true);
    expect(raise.isRaised).toBe(true);
    expect(raise.begin(50_000)).toBe(false);
    expect(raise.isOver(MINUTE)).toBe(false);
    expect(raise.isOver(MINUTE + 1_000)).toBe(true);
  });

  it('does not come again within five minutes after its end', () => {
    const raise = new RaiseController();
    raise.begin(0);
    raise.end(MINUTE);
    expect(raise.isRaised).toBe(false);
    expect(raise.begin(6 * MINUTE - 1)).toBe(false);
    expect(raise.begin(6 * MINUTE)).toBe(true);
  });

  it('is there for a sixth of the time at most, where something is slow all the time', () => {
    const raise = new RaiseController();
    let seconds = 0;
    for (let second = 0; second < 3_600; second++) {
      if (raise.isOver(second * 1_000)) raise.end(second * 1_000);
      raise.begin(second * 1_000);
      if (raise.isRaised) seconds++;
    }
    expect(seconds).toBe(600);
  });

  it('that is not there has no end', () => {
    const raise = new RaiseController();
    raise.end(0);
    expect(raise.begin(1)).toBe(true);
  });
});
