import { describe, expect, it } from 'vitest';
import type { KeepRules } from '../../src/export/keep-rules.ts';
import type { Frame } from '../../src/recording/format.ts';
import { SCHEMA_URL } from '../../src/span/conventions.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { replay } from '../../src/tracer/replay.ts';
import { evKind, SPAN_BODY_AT, spanBodyBytes, wireLayout } from '../../src/wire/wire.gen.ts';
import { frames, recordingOf, start } from '../recording/frames.ts';
import { fuzzInputs, fuzzTimeoutMilliseconds } from '../support/fuzz.ts';
import { Random } from '../support/random.ts';

const FAMILY = 1;
const TEXT_AT = SPAN_BODY_AT + (spanBodyBytes[FAMILY] as number);
const [, clock, target] = frames as readonly [Frame, Frame, Frame];

const placeOf = (field: string): number =>
  wireLayout.records[evKind.EV_SPAN_END]?.fields[field]?.[0] as number;

const SAMPLED = 1;

/** `count` records of client spans of target 1 that say no more than that. */
function records(count: number, traceFlags = SAMPLED): ArrayBuffer {
  const bytes = new ArrayBuffer(TEXT_AT * count);
  const view = new DataView(bytes);
  for (let at = 0; at < bytes.byteLength; at += TEXT_AT) {
    view.setUint16(at, evKind.EV_SPAN_END, true);
    view.setUint32(at + 4, TEXT_AT, true);
    view.setUint32(at + 8, 1, true);
    view.setUint32(at + placeOf('goid'), 7, true);
    view.setUint8(at + placeOf('family'), FAMILY);
    view.setUint8(at + placeOf('trace_flags'), traceFlags);
  }
  return bytes;
}

const batch = (count: number): Frame => ({ kind: 'batch', bytes: records(count) });

async function replayed(parts: readonly Frame[], flushEverySpans?: number, keep?: KeepRules) {
  const spans: ReadableSpan[] = [];
  const flushedAt: number[] = [];
  const collect = {
    onEnd: (span: ReadableSpan) => void spans.push(span),
    forceFlush: async () => void flushedAt.push(spans.length),
    shutdown: async () => {},
  };
  const options = { name: 'a.rec', processors: [collect], keep, ...(flushEverySpans && { flushEverySpans }) };
  const result = await replay([recordingOf(parts)], options);
  return { spans, flushedAt, result };
}

describe('replay', () => {
  it('gives spans the resource, scope and clock that were recorded', async () => {
    const { spans, result } = await replayed([start, clock, target, batch(1)]);
    expect(spans).toHaveLength(1);
    expect(spans[0]?.resource.attributes).toEqual({ 'service.name': 'shop', 'process.pid': 42 });
    expect(spans[0]?.instrumentationScope).toEqual({
      name: 'goidspan',
      version: '0.1.0',
      schemaUrl: SCHEMA_URL,
    });
    expect(spans[0]?.startTime).toEqual([1_790_000_000, 999_999_999]);
    expect(result).toMatchObject({ end: 'cut_short', batches: 1, spans: { client: 1, server: 0 }, lost: {} });
  });

  it('turns times into wall time by the offset that was measured last', async () => {
    const later: Frame = { kind: 'clock', offset: [5, 6] };
    const { spans } = await replayed([start, clock, target, batch(1), later, batch(1)]);
    expect(spans.map((span) => span.startTime)).toEqual([
      [1_790_000_000, 999_999_999],
      [5, 6],
    ]);
  });

  it('ends a span from outside when and how it was ended', async () => {
    const ended: Frame = { kind: 'span', end: [2, 7], ending: 'process_exited', bytes: records(1) };
    const { spans } = await replayed([start, clock, target, ended]);
    expect(spans[0]?.duration).toEqual([2, 7]);
    expect(spans[0]?.attributes['goidspan.span.ending']).toBe('process_exited');
  });

  it('makes no spans of calls that were told only to be counted', async () => {
    const counted: Frame = { kind: 'batch', bytes: records(3, 0) };
    const { spans, result } = await replayed([start, clock, target, counted, batch(1)]);
    expect(spans).toHaveLength(1);
    expect(result).toMatchObject({ batches: 2, spans: { client: 1 }, lost: {} });
  });

  it('counts spans of no target, of a forgotten one, and what is no record', async () => {
    const forget: Frame = { kind: 'forget', targetId: 1 };
    const noRecord: Frame = { kind: 'batch', bytes: new ArrayBuffer(24) };
    const { spans, result } = await replayed([start, clock, batch(1), target, forget, batch(2), noRecord]);
    expect(spans).toEqual([]);
    expect(result.lost).toEqual({ target_unknown: 3, record_damaged: 1 });
  });

  it('lets the processors follow: flushes while spans are made, not only at the end', async () => {
    const { flushedAt } = await replayed([start, clock, target, batch(5), batch(6)], 4);
    expect(flushedAt).toEqual([4, 8]);
  });

  it('says what had been counted when the recording was ended in order', async () => {
    const end = frames.at(-1) as Frame;
    const { result } = await replayed([start, clock, end]);
    expect(result).toMatchObject({ end: 'complete', recordedBy: '0.1.0', recorded: end });
  });

  it('stops when asked', async () => {
    let asked = 0;
    const options = { name: 'a.rec', processors: [], isStopped: () => ++asked > 3 };
    const { end, batches } = await replay([recordingOf([start, clock, target, batch(1), batch(1)])], options);
    expect({ end, batches }).toEqual({ end: 'stopped', batches: 0 });
  });

  it('keeps of the traces what is asked for, as the recorded sampler lets them stand for others', async () => {
    const sampled: Frame = { ...start, about: { sampler: 'traceidratio', sampler_arg: '0.5' } };
    const rules = { slow: false, error: true, ratio: 0 };
    const ended: Frame = { kind: 'span', end: [2, 7], ending: 'process_exited', bytes: records(1) };
    const { spans, result } = await replayed([sampled, clock, target, batch(3), ended], 512, rules);
    expect(spans.map(({ attributes }) => attributes['goidspan.kept'])).toEqual(['error']);
    expect(spans[0]?.spanContext().traceState?.serialize()).toBe('ot=th:8');
    expect(result).toMatchObject({ notKept: 3, spans: { client: 1 }, lost: {} });
  });

  it.each([undefined, { slow: true, error: true, ratio: 0.5 }])(
    'survives whole frames whose records are random bytes, keeping %j',
    {
      timeout: fuzzTimeoutMilliseconds,
    },
    async (keep) => {
      const random = new Random(17);
      for (let round = fuzzInputs(5_000); round > 0; round--) {
        const bytes = new Uint8Array(records(1 + random.below(3)));
        for (let change = random.below(40); change >= 0; change--) {
          bytes[random.below(bytes.length)] = random.u32();
        }
        const { result } = await replayed(
          [start, clock, target, { kind: 'batch', bytes: bytes.buffer }],
          undefined,
          keep,
        );
        expect(result.end).toBe('cut_short');
      }
    },
  );
});
