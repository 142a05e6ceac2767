import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LossReporter } from '../../src/export/loss-reporter.ts';

describe('a loss', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is said at once, and what follows once a minute, by reason', () => {
    const said: string[] = [];
    const reporter = new LossReporter('http://c', (message) => said.push(message));
    reporter.lost('queue_full', 5);
    reporter.lost('queue_full', 5);
    reporter.lost('expired', 512);
    expect(said).toEqual(['lost 5 spans on the way to http://c: queue_full 5']);
    vi.advanceTimersByTime(59_000);
    expect(said).toHaveLength(1);
    vi.advanceTimersByTime(1_000);
    expect(said[1]).toBe('lost 517 spans on the way to http://c: queue_full 5, expired 512');
    vi.advanceTimersByTime(600_000);
    expect(said).toHaveLength(2);
    reporter.lost('expired', 1);
    expect(said[2]).toBe('lost 1 spans on the way to http://c: expired 1');
  });
});
