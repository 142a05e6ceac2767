/** Messages between the main thread and the draining thread. */
import type { ExportCountsSnapshot } from '../export/export-counts.ts';
import type { ExportEvent } from '../export/export-event.ts';
import type { ExportFailure } from '../export/export-failure.ts';
import type { DeliveryState } from '../otlp-client/delivery.ts';
import type { CallSeries } from '../stage/call-counts.ts';
import type { StageFrame, StageMessage, StageReport, StageSettings } from '../stage/record-stage.ts';
import type { SinkPlan } from './sink-plan.ts';

/** What the draining thread is started with. */
export interface IngestData {
  readonly handle: bigint;
  readonly batchBytes: number;
  /** Bytes handed over but not yet taken, above which draining pauses. */
  readonly queuedBytesMax: number;
  /** Between two batches, while records flow; undefined: as usual. */
  readonly busyMs: number | undefined;
  /** The thread runs when nothing else wants its processor. */
  readonly idlePriority: boolean;
  /** The stage runs in the thread; without it, the thread hands batches over. */
  readonly stage?: StagePlan;
}

/** A stage, and what it hands its spans to, as plain data. */
export interface StagePlan {
  readonly sinks: readonly SinkPlan[];
  readonly settings: StageSettings;
}

/** Of one sink. */
export interface SinkReport {
  readonly counts: ExportCountsSnapshot;
  readonly queue: DeliveryState;
  /** Since the report before. */
  readonly events: readonly ExportEvent[];
}

export type FromIngest =
  | { readonly kind: 'batch'; readonly buffer: ArrayBuffer }
  | { readonly kind: 'failed'; readonly errno: number }
  /** What was asked for under that id is done: what was in the ring is taken in, a sink flushed or shut down. */
  | { readonly kind: 'done'; readonly id: number }
  /** The rest comes only from a thread with the stage in it. `sink`: its place in the plan. */
  | StageMessage
  | { readonly kind: 'export_failed'; readonly sink: number; readonly failure: ExportFailure }
  | {
      readonly kind: 'report';
      readonly report: StageReport;
      /** Those that have changed since the report before. */
      readonly calls: readonly CallSeries[];
      /** In the order of the plan. */
      readonly sinks: readonly SinkReport[];
    };

export type ToIngest =
  | { readonly kind: 'taken'; readonly bytes: number }
  /** Look into the ring all the time, or as usual. */
  | { readonly kind: 'hurry'; readonly on: boolean }
  /** Take in what is in the ring now; the `last` time nothing is taken in afterwards. */
  | { readonly kind: 'drain'; readonly id: number; readonly last: boolean }
  | { readonly kind: 'frame'; readonly frame: StageFrame }
  /** To the stage: count calls, or do not. */
  | { readonly kind: 'count_calls'; readonly on: boolean }
  | {
      readonly kind: 'flush' | 'shutdown';
      readonly id: number;
      readonly sink: number;
      readonly deadlineMs: number;
    };
