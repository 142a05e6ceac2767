import { describe, expect, it } from 'vitest';
import type { SinkReport } from '../../src/ingest/ingest-protocol.ts';
import { RemoteSink } from '../../src/ingest/remote-sink.ts';
import { OtlpExport } from '../../src/otlp-client/otlp-export.ts';
import { otlpSinkSettingsOf } from '../../src/otlp-client/otlp-sink-settings.ts';
import { makeSpan } from '../export/spans.ts';

const QUEUE = {
  requests: 1,
  spans: 4,
  triedSpans: 0,
  bytes: 400,
  bytesHighWater: 900,
  inFlight: 1,
  isAway: false,
};

const reportOf = (handed: number, exported: number, lost: number): SinkReport => ({
  counts: { handed, exported, lostByReason: { timeout: lost } },
  queue: QUEUE,
  events: [],
});

function remote() {
  const asked: string[] = [];
  const told: unknown[] = [];
  const settings = otlpSinkSettingsOf('otlp', { otlp: { url: 'http://127.0.0.1:1' } }, {}, () => {});
  const way = new OtlpExport(settings, {
    onFailure: ({ reason }) => told.push(reason),
    onEvent: ({ kind }) => told.push(kind),
  });
  const part = new RemoteSink(way, async (kind, deadlineMs) => void asked.push(`${kind} ${deadlineMs}`));
  return { way, part, asked, told };
}

describe('a sink in the draining thread', () => {
  it('is known by its last report, and added to the part that is here', async () => {
    const { way, part } = remote();
    part.receive(reportOf(10, 5, 1));
    way.onEnd(makeSpan(1, 1, { traceFlags: 0 }));
    expect(way.counts()).toEqual({ handed: 11, exported: 5, lostByReason: { timeout: 1, not_sampled: 1 } });
    expect(way.queue).toMatchObject({ requests: 1, spans: 4, bytes: 400, inFlight: 1 });
    await way.shutdown(10);
  });

  it('passes on what happens there', () => {
    const { part, told } = remote();
    part.receive({ ...reportOf(0, 0, 0), events: [{ kind: 'lost', reason: 'expired', spans: 3 }] });
    part.failed({ reason: 'timeout', isRetryable: true, cause: 'slow', remedy: 'wait' });
    expect(told).toEqual(['lost', 'timeout']);
  });

  it('is flushed and shut down with the deadline of the whole, the latter once', async () => {
    const { way, part, asked } = remote();
    await way.forceFlush(50);
    await Promise.all([way.shutdown(70), way.shutdown(70)]);
    await part.closed;
    expect(asked).toEqual(['flush 50', 'shutdown 70']);
  });

  it('loses what had no outcome when its thread dies, with a count', () => {
    const { way, part } = remote();
    part.receive(reportOf(10, 5, 1));
    part.lost();
    part.lost();
    expect(way.counts().lostByReason).toEqual({ timeout: 1, thread_died: 4 });
    expect(way.queue).toMatchObject({ spans: 0, bytes: 0 });
  });
});
