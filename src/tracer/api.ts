/** What a tracer is given and what it tells: the types of its public face. */
import type { Attributes } from '@opentelemetry/api';
import type { DurationBucket } from '../attach/durations.ts';
import type { MissingHook } from '../attach/missing-hooks.ts';
import type { CollectorFacts, RuntimeFacts } from '../attach/runtime-facts.ts';
import type { SlowAllocations } from '../attach/slow-allocations.ts';
import type { TargetInfo } from '../attach/target-info.ts';
import type { WorldStop } from '../correlate/world-stop.ts';
import type { GoidspanError } from '../errors.ts';
import type { KeepRules } from '../export/keep-rules.ts';
import type { SamplerSettings } from '../export/sampler.ts';
import type { SpanSink } from '../export/span-sink.ts';
import type { KernelOptions } from '../kernel/kernel-options.ts';
import type { ProbeLevel } from '../probes/hook.ts';
import type { Raise } from '../probes/raise.ts';
import type { SdkMode } from '../probes/sdk-mode.ts';
import type { FrameSink } from '../recording/recorder.ts';
import type { StatementForm } from '../span/statement-form.ts';
import type { WaitForm } from '../span/wait-form.ts';
import type { CallSeries } from '../stage/call-counts.ts';
import type { CodeSink } from '../stage/code-sink.ts';
import type { DrainStats } from '../stage/drain-meter.ts';
import type { JudgedRequest } from '../stage/verdicts.ts';
import type { SpanKindName } from '../wire/wire.gen.ts';

import type { BudgetStats, LevelStats } from './budget-stats.ts';
import type { RaiseEvent } from './raise-event.ts';

export type {
  BudgetStats,
  CallSeries,
  CollectorFacts,
  DrainStats,
  DurationBucket,
  LevelStats,
  MissingHook,
  RaiseEvent,
  RuntimeFacts,
  SlowAllocations,
  TargetInfo,
  WorldStop,
};

/** Of the processors' time that targets may use, where a budget is kept and nobody says which. */
export const DEFAULT_BUDGET = 0.02;
/** More would be a load of its own. */
export const PROFILE_HZ_MAX = 10_000;

export interface TracerOptions {
  /** Where finished spans go: any `SpanProcessor`. */
  readonly processors: readonly SpanSink[];
  /** Whether `close` flushes the processors. Default true. */
  readonly flushesProcessors?: boolean;
  /** Default: every trace, unless a remote parent says otherwise. */
  readonly sampler?: SamplerSettings;
  /** Overrides `service.name` of all targets. */
  readonly serviceName?: string;
  /** How statements to databases are told. Default `sanitized`. */
  readonly dbStatement?: StatementForm | undefined;
  /** Whether calls of gRPC's own services, health checks and reflection, are traced as any others. Default false: counted only. */
  readonly grpcHealth?: boolean | undefined;
  /** How deep targets are looked at. Default `spans`. */
  readonly level?: ProbeLevel | undefined;
  /**
   * When a route has become slow (99 of 100 of its requests take twice as long as usual), all targets are looked at as deep as
   * this for a minute, and then as before; again after five minutes at the earliest. The budget goes before, and so does
   * `setLevel`. What is usual is known from 500 requests and a minute on. Default `none`.
   */
  readonly raise?: Raise | undefined;
  /**
   * What is done with programs that have an OpenTelemetry SDK: their spans are the context of ours (`join`), or both tell of the
   * same (`ignore`), or such a program is refused (`off`). Default `join`.
   */
  readonly sdk?: SdkMode | undefined;
  /** Calls that send a program's own telemetry to a collector have spans as well. Default false. */
  readonly telemetryExports?: boolean | undefined;
  /** From level `waits` on: how waits within spans are told. Default `spans`. */
  readonly waits?: WaitForm | undefined;
  /** Waits as long as this are spans of their own, in milliseconds. Default 1. */
  readonly waitMinMillis?: number | undefined;
  /** Requests that take as long, in milliseconds, are slow, and say why where that is clear. Default: see `SlowRequests`. */
  readonly slowMillis?: number | undefined;
  /**
   * Routes of requests that their program tells none of, as `[METHOD ]/path` with `{name}` for a part and `{name...}` or `*` for all that
   * follow; the most specific one that fits. Default: there are none.
   */
  readonly routes?: readonly string[] | undefined;
  /** At level `cpu`: how often each processor is looked at, in 1/s. Default 99. */
  readonly profileHz?: number | undefined;
  /**
   * Which traces are kept, of those that the sampler has chosen, by how their local root has ended; the others are dropped before
   * they are decoded. A recording has all. Default: all are kept.
   */
  readonly keep?: KeepRules | undefined;
  /** Its `level` is the deepest that can be chosen later, by default that of the tracer, or its `raise`. */
  readonly kernel?: KernelOptions;
  /**
   * What probes may take, as a part of the processors' time that the targets may use (0.02: 2 %): above it targets are looked at less
   * deep for a while, but never less than at level `spans`. Default: there is none.
   */
  readonly budget?: number | undefined;
  /**
   * Whether the thread that takes in records, and makes and sends spans where it can, runs only when nothing else wants its
   * processor (SCHED_IDLE), as long as it keeps up. For a process that does nothing else: while it waits it may hold what
   * other threads of the process need. Needs CAP_SYS_NICE or RLIMIT_NICE, else it is as if false. Default false.
   */
  readonly idlePriority?: boolean;
  /**
   * Gets everything that the spans are made of, from which `replay` makes the same ones.
   * @internal
   */
  readonly recorder?: FrameSink;
  /**
   * From level `waits` on: told of each request, and what it spent its time on. Spans are made on this thread then.
   * @internal
   */
  readonly onRequest?: ((request: JudgedRequest) => void) | undefined;
  /**
   * At level `cpu`: takes every sample and every wait with its code, as a profile does. Spans are made on the main thread then.
   * @internal
   */
  readonly codeSink?: CodeSink;
  /** From level `runtime` on: told of each time that the world of a target was stopped. Must not throw. */
  readonly onWorldStop?: (stop: WorldStop, target: TargetInfo) => void;
  /** Told what happens to targets; must not throw. */
  readonly onEvent?: (event: TracerEvent) => void;
}

export type TracerEvent =
  | {
      readonly kind: 'attached';
      readonly target: TargetInfo;
      readonly hooks: readonly string[];
      readonly missing: readonly MissingHook[];
      /** Import paths of libraries by which the program serves what is not traced. */
      readonly untraced?: readonly string[];
      /** Why it is not looked at as deep as was asked. */
      readonly notDeeper?: string;
    }
  | { readonly kind: 'refused'; readonly pid: number; readonly exe: string; readonly error: GoidspanError }
  | { readonly kind: 'ended'; readonly target: TargetInfo }
  /** To keep the budget, targets are looked at at another level than before. */
  | { readonly kind: 'level'; readonly budget: BudgetStats }
  /** A route has become slow, for which targets are looked at deeper; or they are not any more. */
  | RaiseEvent
  /** Told once: even level `spans` takes more than the budget. */
  | { readonly kind: 'budget_exceeded'; readonly budget: BudgetStats }
  /** This kernel lacks something; `without` says what is lost by that. Once, when the tracer opens. */
  | { readonly kind: 'degraded'; readonly missing: string; readonly without: string }
  | { readonly kind: 'warning'; readonly message: string };

/** Requests of one method to one route of a target. */
export interface RouteStats {
  /** `http.request.method` and, where it is known, `http.route`; `otel.metric.overflow` for all that are too many. */
  readonly attributes: Attributes;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly requestTime: Readonly<Record<string, number>>;
}

export interface TargetStats extends TargetInfo {
  /** ISO 8601. */
  readonly attachedAt: string;
  readonly endedAt?: string;
  readonly spans: number;
  /** Slow requests by their `goidspan.verdict.cause`; absent if their time was never known. */
  readonly verdicts?: Readonly<Record<string, number>>;
  /** Nanoseconds of requests by the keys of `goidspan.breakdown`; absent if that was never known. */
  readonly requestTime?: Readonly<Record<string, number>>;
  /** The same route by route. */
  readonly routes?: readonly RouteStats[];
  /**
   * How long goroutines with open spans, or that worked for one, waited for their turn to run; absent if it was never looked
   * at at level `waits`.
   */
  readonly runDelays?: readonly DurationBucket[];
  /** What its Go runtime says of itself now; absent once it has ended. */
  readonly runtime?: RuntimeFacts;
  /** How long the slow ways to memory took; absent if it was never looked at at level `runtime`. */
  readonly slowAllocations?: SlowAllocations;
  /** Hooks that are not attached, by which something is not seen; absent if there are none. */
  readonly missingHooks?: readonly string[];
}

/** Counters since the tracer was opened. */
export interface TracerStats {
  /** Only where there is one. */
  readonly budget?: BudgetStats;
  /** Absent in what is made of a recording. */
  readonly level?: LevelStats;
  readonly spans: {
    readonly ended: number;
    readonly byKind: Readonly<Record<SpanKindName, number>>;
  };
  readonly drained: DrainStats;
  readonly hits: {
    readonly total: number;
    readonly byProbe: Readonly<Record<string, number>>;
    /** Time in the probe's own program, sampled in short windows; absent for a probe that no window saw. */
    readonly meanNsByProbe: Readonly<Record<string, number>>;
  };
  readonly lost: { readonly total: number; readonly byReason: Readonly<Record<string, number>> };
  /** What is worth knowing but is no loss, e.g. `unsampled`, `not_kept`, `traceparent_malformed`. */
  readonly notes: Readonly<Record<string, number>>;
  readonly targets: readonly TargetStats[];
}
