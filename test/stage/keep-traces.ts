/** Local traces as raw records, for tests of what is kept of them, and what a keeper hands on. */
import { expect } from 'vitest';
import type { KeepRules } from '../../src/export/keep-rules.ts';
import type { SamplerSettings } from '../../src/export/sampler.ts';
import { SlowRequests } from '../../src/stage/slow-requests.ts';
import { type GivenUp, type Kept, TailKeep, type VisitorOf } from '../../src/stage/tail-keep.ts';
import { type Batch, batchOf } from '../../src/wire/batch.ts';
import type { RecordVisitor } from '../../src/wire/decode.ts';
import { httpFlag, spanEnding, spanFlag, spanKind } from '../../src/wire/wire.gen.ts';
import { type RawValues, rawSpan, rawTurns } from '../correlate/raw-record.ts';

/** Long after boot. */
const BEGIN_NS = 1e15;
export const ALL_SAMPLED: SamplerSettings = { parentBased: true, rejectBelow: 0n };

/** A number as an id of 8 bytes. */
export const idOf = (number: number): Uint8Array => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(number, 4);
  // The first word finds the place in tables, as if it were random.
  bytes.writeUInt32LE(Math.imul(number, 0x9e3779b1) >>> 0, 0);
  return bytes;
};

/** With those random bits, 0 to 1, and the number in front. */
export function traceIdOf(number: number, random: number): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(number, 0);
  bytes.writeUIntBE(Math.floor(random * 0xffff_ffff_ffff), 9, 6);
  return bytes;
}

export interface RawRoot {
  readonly id: number;
  readonly trace: Uint8Array;
  readonly ms?: number;
  readonly status?: number;
  readonly traceState?: string;
  readonly pattern?: string;
  /** Of a remote parent. */
  readonly isRemote?: boolean;
  readonly isClient?: boolean;
  readonly more?: RawValues;
}

/** A request, or a call outside of one. `atMs`: when it ends. */
export function rawRoot(root: RawRoot, atMs = 1_000): Uint8Array {
  const { id, trace, ms = 1, status = 200, traceState = '', pattern = 'GET /', more } = root;
  const remote = root.isRemote ? spanFlag.SPAN_FLAG_PARENT | spanFlag.SPAN_FLAG_PARENT_REMOTE : 0;
  const end = BEGIN_NS + atMs * 1e6;
  return rawSpan(
    'http',
    {
      flags: httpFlag.HTTP_FLAG_STATUS | remote,
      ...{ target_id: 1, trace_id: trace, span_id: idOf(id), trace_flags: 1, goid: 7 },
      ...{ parent_span_id: remote ? idOf(0xffff_fff0) : idOf(0), protocol: 11, status },
      ...{ start_ktime_ns: end - ms * 1e6, end_ktime_ns: end, ending: spanEnding.ENDING_RETURNED },
      span_kind: root.isClient ? spanKind.SPAN_KIND_CLIENT : spanKind.SPAN_KIND_SERVER,
      ...more,
    },
    { traceState, method: 'GET', host: 'shop', path: `/${id}`, pattern },
  );
}

/** A call for that parent, or a wait in it. */
export function rawChild(
  { id, parent, trace, isWait = false }: { id: number; parent: number; trace: Uint8Array; isWait?: boolean },
  atMs = 1_000,
): Uint8Array {
  const end = BEGIN_NS + atMs * 1e6;
  const values = {
    flags: spanFlag.SPAN_FLAG_PARENT,
    ...{ target_id: 1, trace_id: trace, span_id: idOf(id), parent_span_id: idOf(parent), trace_flags: 1 },
    ...{ goid: 8, start_ktime_ns: end - 5e5, end_ktime_ns: end, ending: spanEnding.ENDING_RETURNED },
  };
  return isWait
    ? rawSpan('wait', { ...values, span_kind: spanKind.SPAN_KIND_INTERNAL, use: 8 })
    : rawSpan('http', { ...values, span_kind: spanKind.SPAN_KIND_CLIENT }, { method: 'GET', host: 'api' });
}

export const rawWork = (of: number, trace: Uint8Array): Uint8Array =>
  rawTurns({
    ...{ target_id: 1, trace_id: trace, span_id: idOf(of), goid: 9, turns: 1 },
    start_ktime_ns: BEGIN_NS,
  });

export const batchWith = (...records: readonly Uint8Array[]): Batch =>
  batchOf(Uint8Array.from(Buffer.concat(records)).buffer);

/** A record that was handed on. */
export interface Handed {
  /** The number of its span; of turns, of the span that they are for. */
  readonly id: number;
  readonly isTurns?: true;
  readonly kept: Kept | undefined;
}

/** A keeper, and what it did. */
export class Keeping {
  readonly keep: TailKeep;
  readonly handed: Handed[] = [];
  readonly givenUp: GivenUp = { spans: 0, waits: 0, turns: 0 };
  readonly others: string[] = [];
  dropped = 0;

  constructor(rules: Partial<KeepRules>, sampler = ALL_SAMPLED, slow = new SlowRequests()) {
    this.keep = new TailKeep({ rules: { slow: false, error: false, ratio: 0, ...rules }, sampler }, slow, {
      onDropped: (spans) => {
        this.dropped += spans;
      },
      onGivenUp: ({ spans, waits, turns }) => {
        this.givenUp.spans += spans;
        this.givenUp.waits += waits;
        this.givenUp.turns += turns;
      },
    });
  }

  readonly visitorOf: VisitorOf = (kept): RecordVisitor => ({
    spanEnd: ({ spanId: [, low] }) => this.handed.push({ id: low, kept }),
    goroutineTurns: ({ spanId: [, low] }) => this.handed.push({ id: low, isTurns: true, kept }),
    gcStop: () => this.others.push('stop'),
    processExit: () => this.others.push('exit'),
    bad: (reason) => this.others.push(reason),
  });

  take(...records: readonly Uint8Array[]): this {
    expect(this.keep.decode(batchWith(...records), this.visitorOf)).toBe(records.length);
    return this;
  }

  finish(targetId?: number): this {
    this.keep.finish(this.visitorOf, targetId);
    return this;
  }

  get ids(): number[] {
    return this.handed.map(({ id }) => id);
  }
}
