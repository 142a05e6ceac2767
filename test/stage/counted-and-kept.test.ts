/** Calls are counted before any is left out: by the sampler, or since its trace is not kept. */
import { describe, expect, it } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { SpanStage } from '../../src/stage/span-stage.ts';
import { countOf } from '../support/call-series.ts';
import { ALL_SAMPLED, batchWith, Keeping, rawChild, rawRoot, traceIdOf } from './keep-traces.ts';

const LAST = traceIdOf(1, 0);
const SERVER = 'http.server.request.duration';
const CLIENT = 'http.client.request.duration';
const UNSAMPLED = { more: { trace_flags: 0 } };

function stageThatKeeps(rules?: { slow: boolean; error: boolean; ratio: number }) {
  const spans: ReadableSpan[] = [];
  const nothing = async (): Promise<void> => {};
  const stage = new SpanStage({
    processors: [{ onEnd: (span) => void spans.push(span), forceFlush: nothing, shutdown: nothing }],
    keep: rules && { rules, sampler: ALL_SAMPLED },
  });
  stage.take({ kind: 'target', targetId: 1, pid: 42, exe: '/a', serviceName: 'a', attributes: {} });
  const take = (...records: Uint8Array[]): void =>
    void stage.decode(batchWith(...records), (kept) => stage.takersOf(kept));
  return { stage, spans, take };
}

describe.each([
  ['all are kept', undefined, 3],
  ['only failed ones are kept', { slow: false, error: true, ratio: 0 }, 1],
] as const)('calls, where %s', (_, rules, kept) => {
  it('are counted each once, sampled or not, and only those that are sampled become spans', () => {
    const { stage, spans, take } = stageThatKeeps(rules);
    stage.countCalls(true);
    take(
      rawChild({ id: 2, parent: 1, trace: LAST }),
      rawRoot({ id: 1, trace: LAST }),
      rawRoot({ id: 3, trace: traceIdOf(2, 0), ...UNSAMPLED }),
    );
    take(
      rawRoot({ id: 4, trace: traceIdOf(3, 0), status: 500 }),
      rawRoot({ id: 5, trace: traceIdOf(4, 0), status: 500, ...UNSAMPLED }),
    );
    stage.finish();
    expect(countOf(stage.calls(), SERVER)).toBe(4);
    expect(countOf(stage.calls(), SERVER, { 'http.response.status_code': 500, 'error.type': '500' })).toBe(2);
    expect(countOf(stage.calls(), CLIENT)).toBe(1);
    expect(spans).toHaveLength(kept);
    expect(stage.counters.lost()).toEqual({});
  });

  it('are not counted while nobody wants to know, and those that are not sampled are nothing then', () => {
    const { stage, spans, take } = stageThatKeeps(rules);
    take(
      rawRoot({ id: 1, trace: LAST, status: 500 }),
      rawRoot({ id: 2, trace: LAST, status: 500, ...UNSAMPLED }),
    );
    stage.finish();
    expect(stage.calls()).toEqual([]);
    expect(spans).toHaveLength(1);
  });
});

it('a trace that is not sampled is neither kept nor dropped', () => {
  const keeping = new Keeping({ slow: true, error: true, ratio: 1 }).take(
    rawRoot({ id: 1, trace: LAST, ms: 500, status: 500, ...UNSAMPLED }),
  );
  expect(keeping.ids).toEqual([]);
  expect(keeping.dropped).toBe(0);
});
