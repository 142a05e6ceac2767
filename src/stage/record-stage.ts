/**
 * The stage as it is fed from the kernel: batches of records, and the frames that say what they are made with. The same on
 * the main thread and in the draining one. Whatever is no span is told to the one that hosts it.
 */
import type { CodePlace } from '../correlate/code-place.ts';
import { completed } from '../correlate/unfinished.ts';
import { type WorldStop, worldStop } from '../correlate/world-stop.ts';
import type { FactSink, SpanSink } from '../export/span-sink.ts';
import type { SpanFrame } from '../recording/format.ts';
import type { InstrumentationScope } from '../span/readable-span.ts';
import type { StatementForm } from '../span/statement-form.ts';
import type { WaitForm } from '../span/wait-form.ts';
import type { Batch } from '../wire/batch.ts';
import type { RecordVisitor } from '../wire/decode.ts';
import type { EvProcessExec, EvProcessExit } from '../wire/wire.gen.ts';
import type { CallSeries } from './call-counts.ts';
import type { CodeSink } from './code-sink.ts';
import type { SpanCounts } from './counters.ts';
import type { DrainStats } from './drain-meter.ts';
import type { FamilyFailure } from './live-check.ts';
import { Slowdowns, type SlowRoute } from './slowdowns.ts';
import { type ContextFrame, SpanStage, type TargetReport } from './span-stage.ts';
import type { KeepSettings, VisitorOf } from './tail-keep.ts';
import type { VerdictsOptions } from './verdicts.ts';

/** What the stage is told beside batches: what spans are made with, and of spans that are ended from outside. */
export type StageFrame = ContextFrame | SpanFrame;

/** What the stage says. */
export type StageMessage =
  | { readonly kind: 'exec'; readonly record: EvProcessExec }
  | { readonly kind: 'exit'; readonly record: EvProcessExit }
  | { readonly kind: 'stop'; readonly stop: WorldStop }
  /** To be answered by a frame, at once or later. */
  | { readonly kind: 'type_name_wanted'; readonly targetId: number; readonly address: number }
  /** Likewise: which code stands at a place, and around it. */
  | { readonly kind: 'code_wanted'; readonly place: CodePlace; readonly pcs: readonly number[] }
  /** Every two seconds, as long as there are any: the slowest, for what is usual for it. */
  | { readonly kind: 'slow_route'; readonly of: SlowRoute }
  | { readonly kind: 'implausible'; readonly targetId: number; readonly failure: FamilyFailure };

/** What it has counted since it began. */
export interface StageReport {
  readonly spans: Readonly<SpanCounts>;
  /** Spans, waits not among them, of traces that were not to be kept. */
  readonly notKept: number;
  /** Calls that send the program's own telemetry, and have no spans. */
  readonly telemetryExports: number;
  /** By the id of the target. */
  readonly countsByTarget: ReadonlyMap<number, TargetReport>;
  readonly lost: Readonly<Record<string, number>>;
  readonly drained: DrainStats;
}

/** What every span is made with; plain data. */
export interface StageSettings {
  readonly scope: InstrumentationScope;
  /** How statements to databases are told. Default `sanitized`. */
  readonly dbStatement?: StatementForm | undefined;
  /** Calls that send the program's own telemetry have spans as well. Default false. */
  readonly telemetryExports?: boolean | undefined;
  /** How waits within spans are told. Default `spans`. */
  readonly waits?: WaitForm | undefined;
  /** Requests that take as long, in milliseconds, are slow. Default: see `SlowRequests`. */
  readonly slowMillis?: number | undefined;
  /** Routes of requests that have none, as `route-pattern.ts` has them, without fault. Default: there are none. */
  readonly routes?: readonly string[] | undefined;
  /** Which traces are kept, of those that the kernel has chosen. Default: all. */
  readonly keep?: KeepSettings | undefined;
  /** Asks for the code of every sample and every wait, whoever needs it. */
  readonly asksAllCode?: boolean | undefined;
  /** Tells of routes that have become slow. */
  readonly tellsSlowRoutes?: boolean | undefined;
}

/** Who wants to know more than spans; none of them may throw. */
export interface StageWatchers {
  /** Told of each request whose time is known. */
  readonly onRequest?: VerdictsOptions['onRequest'];
  readonly codeSink?: CodeSink | undefined;
}

export class RecordStage {
  readonly #stage: SpanStage;
  readonly #visitorOf: VisitorOf;
  /** Undefined where nobody wants to know. */
  readonly #slowdowns: Slowdowns | undefined;

  constructor(
    processors: readonly (SpanSink | FactSink)[],
    { scope, tellsSlowRoutes, ...settings }: StageSettings,
    tell: (message: StageMessage) => void,
    { onRequest, codeSink }: StageWatchers = {},
  ) {
    this.#stage = new SpanStage({
      ...settings,
      processors,
      onRequest,
      codeSink,
      onFailure: (targetId, failure) => tell({ kind: 'implausible', targetId, failure }),
      askCode: (place, pcs) => tell({ kind: 'code_wanted', place, pcs }),
      askTypeName: (targetId, address) => tell({ kind: 'type_name_wanted', targetId, address }),
    });
    this.#stage.scope = scope;
    this.#slowdowns = tellsSlowRoutes
      ? new Slowdowns((of) => tell({ kind: 'slow_route', of }), this.#stage.groups)
      : undefined;
    const takers = this.#stage.takersOf();
    const all: RecordVisitor = {
      ...takers,
      processExec: (record) => tell({ kind: 'exec', record }),
      processExit: (record) => tell({ kind: 'exit', record }),
      gcStop: (record) => {
        takers.gcStop(record);
        tell({ kind: 'stop', stop: worldStop(record) });
      },
    };
    this.#visitorOf = (kept) => (kept ? this.#stage.takersOf(kept) : all);
  }

  takeBatch(batch: Batch): void {
    this.#stage.counters.drain.measure(batch, (all) => {
      // Before any is left out.
      this.#slowdowns?.look(all);
      return this.#stage.decode(all, this.#visitorOf);
    });
  }

  take(frame: StageFrame): void {
    if (frame.kind === 'forget') this.#slowdowns?.forget(frame.targetId);
    if (frame.kind === 'span') this.#stage.decode(completed(frame.bytes, frame), this.#visitorOf);
    else this.#stage.take(frame);
  }

  /** Hands over all that waits: for its root, or for a name. Nothing comes any more but names. */
  finish(): void {
    this.#stage.finish();
  }

  /** Hands over what waits for a name that may not come any more. */
  emitWaiting(): void {
    this.#stage.emitWaiting();
  }

  /** Calls are counted from now on, sampled or not, and others are not. */
  countCalls(on: boolean): void {
    this.#stage.countCalls(on);
  }

  /** How long calls took that were counted. */
  calls(): readonly CallSeries[] {
    return this.#stage.calls();
  }

  /** Those that have changed since it was asked last. */
  changedCalls(): readonly CallSeries[] {
    return this.#stage.changedCalls();
  }

  report(): StageReport {
    const { counters, countsByTarget } = this.#stage;
    return {
      spans: { ...counters.spans },
      notKept: counters.notKept,
      telemetryExports: counters.telemetryExports,
      countsByTarget,
      lost: counters.lost(),
      drained: counters.drain.stats(),
    };
  }
}
