import { describe, expect, it } from 'vitest';
import { ExportTally } from '../../src/export/export-tally.ts';

describe('what went over the wire', () => {
  it('is nothing at first', () => {
    expect(new ExportTally().transfers()).toEqual({
      requests: 0,
      bytes: 0,
      retriesByReason: {},
      meanMs: 0,
      maxMs: 0,
    });
  });

  it('is summed up from events: accepted requests, and tries that are made again', () => {
    const tally = new ExportTally();
    tally.add({ kind: 'sent', spans: 5, rejected: 0, bytes: 100, durationMs: 2, operationMs: 2 });
    tally.add({ kind: 'failed', reason: 'busy', willRetry: true, durationMs: 50 });
    tally.add({ kind: 'failed', reason: 'tls', willRetry: false, durationMs: 50 });
    tally.add({ kind: 'lost', reason: 'tls', spans: 5 });
    tally.add({ kind: 'sent', spans: 5, rejected: 1, bytes: 50, durationMs: 4, operationMs: 60 });
    expect(tally.transfers()).toEqual({
      requests: 2,
      bytes: 150,
      retriesByReason: { busy: 1 },
      meanMs: 3,
      maxMs: 4,
    });
  });
});
