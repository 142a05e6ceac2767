/** Messages between the main thread and the draining thread. */
import type { ExportCountsSnapshot } from '../export/export-counts.ts';
import type { ExportEvent } from '../export/export-event.ts';
import type { ExportFailure } from '../export/export-failure.ts';
import type { DeliveryState } from '../otlp-client/delivery.ts';
import type { OtlpSinkSettings } from '../otlp-client/otlp-sink-settings.ts';
import type { SpanFrame } from '../recording/format.ts';
import type { InstrumentationScope } from '../span/readable-span.ts';
import type { StatementForm } from '../span/statement-form.ts';
import type { SpanCounts } from '../stage/counters.ts';
import type { DrainStats } from '../stage/drain-meter.ts';
import type { FamilyFailure } from '../stage/live-check.ts';
import type { ContextFrame } from '../stage/span-stage.ts';
import type { EvProcessExec, EvProcessExit } from '../wire/wire.gen.ts';

/** What the draining thread is started with. */
export interface IngestData {
  readonly handle: bigint;
  readonly batchBytes: number;
  /** Bytes handed over but not yet taken, above which draining pauses. */
  readonly queuedBytesMax: number;
  /** The thread makes spans and sends them itself; without it, it hands batches over. */
  readonly export?: ExportData;
}

export interface ExportData {
  readonly settings: OtlpSinkSettings;
  readonly scope: InstrumentationScope;
  readonly dbStatement: StatementForm | undefined;
}

/** What the thread has counted since it began. */
export interface IngestReport {
  readonly spans: Readonly<SpanCounts>;
  readonly spansByTarget: ReadonlyMap<number, number>;
  readonly lost: Readonly<Record<string, number>>;
  readonly drained: DrainStats;
  readonly exports: ExportCountsSnapshot;
  readonly queue: DeliveryState;
}

export type FromIngest =
  | { readonly kind: 'batch'; readonly buffer: ArrayBuffer }
  | { readonly kind: 'failed'; readonly errno: number }
  /** What was asked for under that id is done: what was in the ring is taken in, the queue flushed or closed. */
  | { readonly kind: 'done'; readonly id: number }
  /** The rest comes only from a thread that exports. */
  | { readonly kind: 'exec'; readonly record: EvProcessExec }
  | { readonly kind: 'exit'; readonly record: EvProcessExit }
  | { readonly kind: 'type_name_wanted'; readonly targetId: number; readonly address: number }
  | { readonly kind: 'implausible'; readonly targetId: number; readonly failure: FamilyFailure }
  | { readonly kind: 'export_failed'; readonly failure: ExportFailure }
  | { readonly kind: 'report'; readonly report: IngestReport; readonly events: readonly ExportEvent[] };

export type ToIngest =
  | { readonly kind: 'taken'; readonly bytes: number }
  /** Look into the ring all the time, or as usual. */
  | { readonly kind: 'hurry'; readonly on: boolean }
  /** Take in what is in the ring now; the `last` time nothing is taken in afterwards. */
  | { readonly kind: 'drain'; readonly id: number; readonly last: boolean }
  | { readonly kind: 'frame'; readonly frame: ContextFrame | SpanFrame }
  | { readonly kind: 'flush' | 'shutdown'; readonly id: number; readonly deadlineMs: number };
