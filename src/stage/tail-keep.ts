/**
 * Keeps whole local traces, by how their root has ended, and drops the others before they are decoded. The local root of a
 * span is the outermost one of its trace in its process: one without a parent, or with a parent elsewhere. Until it ends, the
 * records wait as they are; what comes later goes the same way.
 */
import type { KeptReason } from '../correlate/fact.ts';
import { RecordTexts } from '../correlate/record-texts.ts';
import type { KeepRules } from '../export/keep-rules.ts';
import type { SamplerSettings } from '../export/sampler.ts';
import { type Batch, count64 } from '../wire/batch.ts';
import { decodeRecord, eachRecord, faultOfSpan, isSampledAt, type RecordVisitor } from '../wire/decode.ts';
import { familyAt, fieldAt } from '../wire/fields.ts';
import {
  evKind,
  headerAt,
  readEvSpanEnd,
  SPAN_TEXT_SIZES_AT,
  spanFamily,
  spanFlag,
  spanKind,
  spanText,
  wireSize,
} from '../wire/wire.gen.ts';
import { hasFailed } from './family-roots.ts';
import { isDrawn, KeepOdds, type Odds } from './keep-odds.ts';
import { Lately } from './lately.ts';
import { SlowRecords } from './slow-records.ts';
import type { SlowRequests } from './slow-requests.ts';
import {
  eachWaiting,
  inOrder,
  isAroundAt,
  markOf,
  parentIdAt,
  recordMark,
  SPAN_ID_AT,
  type Waiting,
  WaitingTraces,
} from './waiting-traces.ts';

/** Of the records that wait; beyond that those are given up that have waited longest. */
const BYTES_MAX = 64 << 20;
/** Of what waits for one root. */
const BYTES_OF_ONE_MAX = 8 << 20;
/** What waits for longer is given up: the record of its root was lost, or nobody wants to know any more. */
const AGE_NS_MAX = 600e9;
/** Spans that are remembered, of which others may come later. */
const KEPT_MAX = 1 << 14;
const DROPPED_MAX = 1 << 17;

const END_AT = fieldAt('EV_SPAN_END', 'end_ktime_ns');
const TURNS_START_AT = fieldAt('EV_GOROUTINE_TURNS', 'start_ktime_ns');
const TRACE_ID_AT = fieldAt('EV_SPAN_END', 'trace_id');
const TURNS_TRACE_ID_AT = fieldAt('EV_GOROUTINE_TURNS', 'trace_id');
const KIND_AT = fieldAt('EV_SPAN_END', 'span_kind');
const TEXT_CUT_AT = fieldAt('EV_SPAN_END', 'text_cut');
const TRACE_STATE_SIZE_AT = SPAN_TEXT_SIZES_AT + 2 * spanText.SPAN_TEXT_TRACE_STATE;

/** What a span says that was kept. */
export interface Kept {
  readonly reason: KeptReason;
  /** `th` of its trace; undefined: not known. */
  readonly threshold: string | undefined;
  /** It is a slow request itself. */
  readonly isSlow: boolean;
}

export interface KeepSettings {
  readonly rules: KeepRules;
  /** By which traces were sampled before. */
  readonly sampler: SamplerSettings;
}

export interface TailKeepHooks {
  /** Told of the record of each span, sampled or not, that begins there, before anything else is done with it. */
  readonly onSpan?: (batch: Batch, at: number) => void;
  /** Told of spans that are dropped since their root was neither slow nor failed nor drawn, or not asked for. Waits do not count. */
  readonly onDropped: (spans: number) => void;
  /** Told of what is given up although it may have been wanted. */
  readonly onGivenUp: (given: GivenUp) => void;
}

/** Records of which nobody knows whether they were wanted. */
export interface GivenUp {
  spans: number;
  waits: number;
  turns: number;
}

/** Takes the records of a kept trace, or such as belong to none. */
export type VisitorOf = (kept: Kept | undefined) => RecordVisitor;

export class TailKeep {
  readonly #rules: KeepRules;
  readonly #odds: KeepOdds;
  readonly #slow: SlowRecords;
  readonly #hooks: TailKeepHooks;
  readonly #texts = new RecordTexts();
  readonly #waiting = new WaitingTraces();
  readonly #kept = new Lately(KEPT_MAX);
  /** By the place of the span. */
  readonly #keptFor: (Kept | undefined)[] = new Array(KEPT_MAX).fill(undefined);
  readonly #dropped = new Lately(DROPPED_MAX);
  /** The latest time in any record, in the nanoseconds of the kernel. */
  #now = 0;

  constructor({ rules, sampler }: KeepSettings, slow: SlowRequests, hooks: TailKeepHooks) {
    this.#rules = rules;
    this.#odds = new KeepOdds(rules.ratio, sampler);
    this.#slow = new SlowRecords(slow);
    this.#hooks = hooks;
  }

  /**
   * Calls the visitors for what is kept of a batch, and of what has waited for it; returns how many records it has. Records
   * stay as they are until the next call.
   */
  decode(batch: Batch, visitorOf: VisitorOf): number {
    this.#waiting.recycle();
    const others = visitorOf(undefined);
    const { onSpan } = this.#hooks;
    const records = eachRecord(batch, others, (at, kind, size) => {
      if (kind === evKind.EV_SPAN_END && faultOfSpan(batch, at, size) === undefined) {
        onSpan?.(batch, at);
        // Others are no spans, and only counted.
        if (isSampledAt(batch, at)) this.#takeSpan(batch, at, visitorOf);
      } else if (kind === evKind.EV_GOROUTINE_TURNS && size === wireSize.EV_GOROUTINE_TURNS) {
        this.#lookAtClock(batch.u32, at + TURNS_START_AT);
        this.#follow(batch, at, recordMark.TURNS, visitorOf);
      } else {
        decodeRecord(batch, at, kind, size, others);
      }
    });
    const { oldest } = this.#waiting;
    if (oldest && this.#now - oldest.since > AGE_NS_MAX) {
      this.#giveUp(visitorOf, ({ since }) => this.#now - since > AGE_NS_MAX);
    }
    return records;
  }

  /** Decides on what waits, of one target or of all: its root does not come any more. */
  finish(visitorOf: VisitorOf, targetId?: number): void {
    this.#giveUp(visitorOf, (waiting) => targetId === undefined || waiting.targetId === targetId);
  }

  #takeSpan(batch: Batch, at: number, visitorOf: VisitorOf): void {
    const { u8, u16 } = batch;
    this.#lookAtClock(batch.u32, at + END_AT);
    const flags = u16[(at + headerAt.flags) >>> 1] as number;
    if (isLocalRoot(batch, at, flags)) {
      this.#endRoot(batch, at, flags, visitorOf);
      return;
    }
    let mark = familyAt(batch, at) === spanFamily.SPAN_FAMILY_WAIT ? 0 : recordMark.CALL;
    if (flags & spanFlag.SPAN_FLAG_SDK_PARENT) mark |= recordMark.AROUND;
    // A request of the process to itself: what is usual for its route is to be known of all.
    if (u8[at + KIND_AT] === spanKind.SPAN_KIND_SERVER && this.#slow.isSlow(batch, at)) {
      mark |= recordMark.SLOW;
    }
    this.#follow(batch, at, mark, visitorOf);
  }

  #lookAtClock(u32: Uint32Array, at: number): void {
    const time = count64(u32, at);
    if (time > this.#now) this.#now = time;
  }

  #endRoot(batch: Batch, at: number, flags: number, visitorOf: VisitorOf): void {
    const { u32 } = batch;
    const isSlow = this.#slow.isSlow(batch, at);
    const kept = this.#judge(batch, at, flags, isSlow);
    const mark = isSlow ? recordMark.CALL | recordMark.SLOW : recordMark.CALL;
    const id = (at + SPAN_ID_AT) >>> 2;
    const waiting = this.#waiting.of(u32[id] as number, u32[id + 1] as number);
    if (waiting) this.#settle(waiting, kept, visitorOf);
    this.#settleOne(batch, at, mark, kept, visitorOf);
  }

  /** A record that goes the way of its parent. */
  #follow(batch: Batch, at: number, mark: number, visitorOf: VisitorOf): void {
    const { u32 } = batch;
    const parent = (at + parentIdAt(mark)) >>> 2;
    const first = u32[parent] as number;
    const second = u32[parent + 1] as number;
    if (this.#waiting.of(first, second)) {
      this.#wait(batch, at, mark, visitorOf);
      return;
    }
    const place = this.#kept.placeOf(first, second);
    const kept = place < 0 ? undefined : this.#keptFor[place];
    if (kept === undefined && this.#dropped.placeOf(first, second) < 0) {
      this.#wait(batch, at, mark, visitorOf);
      return;
    }
    // It comes after its root.
    const id = (at + SPAN_ID_AT) >>> 2;
    const isCall = (mark & recordMark.CALL) !== 0;
    const below = isCall ? this.#waiting.of(u32[id] as number, u32[id + 1] as number) : undefined;
    if (below) this.#settle(below, kept, visitorOf);
    this.#settleOne(batch, at, mark, kept, visitorOf);
  }

  #wait(batch: Batch, at: number, mark: number, visitorOf: VisitorOf): void {
    const waiting = this.#waiting.add(batch, at, mark, this.#now);
    if (waiting.piece.used > BYTES_OF_ONE_MAX) this.#giveUp(visitorOf, (each) => each === waiting);
    if (this.#waiting.bytes > BYTES_MAX) this.#giveUp(visitorOf, () => this.#waiting.bytes > BYTES_MAX);
  }

  /** What waits goes, and is handed over if it is kept. */
  #settle(waiting: Waiting, kept: Kept | undefined, visitorOf: VisitorOf): void {
    this.#waiting.remove(waiting);
    const { batch } = waiting.piece;
    if (kept)
      for (const at of inOrder(waiting)) this.#settleOne(batch, at, markOf(batch, at), kept, visitorOf);
    else eachWaiting(waiting, (at, mark) => this.#settleOne(batch, at, mark, kept, visitorOf));
  }

  #settleOne(batch: Batch, at: number, mark: number, kept: Kept | undefined, visitorOf: VisitorOf): void {
    const { u16, u32 } = batch;
    const id = (at + SPAN_ID_AT) >>> 2;
    if (kept === undefined) {
      if (!(mark & recordMark.CALL)) return;
      this.#dropped.note(u32[id] as number, u32[id + 1] as number);
      this.#hooks.onDropped(1);
      return;
    }
    if (mark & recordMark.CALL) {
      this.#keptFor[this.#kept.add(u32[id] as number, u32[id + 1] as number)] = kept;
    }
    const isSlow = (mark & recordMark.SLOW) !== 0;
    const kind = u16[(at + headerAt.kind) >>> 1] as number;
    const size = u32[(at + headerAt.size) >>> 2] as number;
    decodeRecord(batch, at, kind, size, visitorOf(kept.isSlow === isSlow ? kept : { ...kept, isSlow }));
  }

  /** Of those the root is not known: they are kept if they are drawn. */
  #giveUp(visitorOf: VisitorOf, isGivenUp: (waiting: Waiting) => boolean): void {
    const { own } = this.#odds;
    const lost: GivenUp = { spans: 0, waits: 0, turns: 0 };
    for (const waiting of this.#waiting.all()) {
      if (!isGivenUp(waiting)) continue;
      if (isWaitingDrawn(own, waiting)) {
        this.#settle(waiting, { reason: 'ratio', threshold: own.drawn, isSlow: false }, visitorOf);
        continue;
      }
      this.#waiting.remove(waiting);
      const { u32 } = waiting.piece.batch;
      eachWaiting(waiting, (at, mark) => {
        const id = (at + SPAN_ID_AT) >>> 2;
        if (mark & recordMark.CALL) this.#dropped.note(u32[id] as number, u32[id + 1] as number);
        if (mark & recordMark.TURNS) lost.turns++;
        else if (mark & recordMark.CALL) lost.spans++;
        else lost.waits++;
      });
    }
    this.#hooks.onGivenUp(lost);
  }

  /** Why a trace is kept whose root that is; undefined if it is not. */
  #judge(batch: Batch, at: number, flags: number, isSlow: boolean): Kept | undefined {
    const isRemote = (flags & spanFlag.SPAN_FLAG_PARENT_REMOTE) !== 0;
    const remote = isRemote ? this.#odds.ofRemote(this.#traceStateOf(batch, at)) : undefined;
    const odds = remote?.odds ?? this.#odds.own;
    if (this.#rules.error && hasFailed(batch, at)) return { reason: 'error', threshold: odds.anyway, isSlow };
    if (this.#rules.slow && isSlow) return { reason: 'slow', threshold: odds.anyway, isSlow };
    const isIn = remote?.bits ? isDrawn(odds, remote.bits) : isTraceDrawn(odds, batch.u8, at + TRACE_ID_AT);
    return isIn ? { reason: 'ratio', threshold: odds.drawn, isSlow } : undefined;
  }

  /** One that was cut says nothing that is certain. */
  #traceStateOf(batch: Batch, at: number): string | undefined {
    const isCut = (batch.u16[(at + TEXT_CUT_AT) >>> 1] as number) & (1 << spanText.SPAN_TEXT_TRACE_STATE);
    if (isCut || batch.u16[(at + TRACE_STATE_SIZE_AT) >>> 1] === 0) return undefined;
    this.#texts.begin(readEvSpanEnd(batch, at));
    return this.#texts.of(spanText.SPAN_TEXT_TRACE_STATE);
  }
}

/** Whether it is the outermost span of ours of its trace in its process. */
function isLocalRoot(batch: Batch, at: number, flags: number): boolean {
  if (flags & spanFlag.SPAN_FLAG_SDK_PARENT) return !isAroundAt(batch, at);
  return !(flags & spanFlag.SPAN_FLAG_PARENT) || (flags & spanFlag.SPAN_FLAG_PARENT_REMOTE) !== 0;
}

/** Whether the trace is drawn to which what waits there belongs. */
function isWaitingDrawn(odds: Odds, waiting: Waiting): boolean {
  let isIn = false;
  eachWaiting(waiting, (at, mark) => {
    const idAt = mark & recordMark.TURNS ? TURNS_TRACE_ID_AT : TRACE_ID_AT;
    isIn = isTraceDrawn(odds, waiting.piece.batch.u8, at + idAt);
  });
  return isIn;
}

/** By the last 56 bits of the id that stands there. */
function isTraceDrawn({ rejectBelow }: Odds, u8: Uint8Array, at: number): boolean {
  const high = ((u8[at + 9] as number) << 16) | ((u8[at + 10] as number) << 8) | (u8[at + 11] as number);
  // The rest seldom matters.
  if (high !== rejectBelow.high) return high > rejectBelow.high;
  const low = ((u8[at + 12] as number) << 24) | ((u8[at + 13] as number) << 16);
  return (low | ((u8[at + 14] as number) << 8) | (u8[at + 15] as number)) >>> 0 >= rejectBelow.low;
}
