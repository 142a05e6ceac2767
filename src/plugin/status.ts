/** What a {@link GoidSpanProcessor} tells of itself. */
import type { ErrorCode } from '../errors.ts';
import type { ExportCountsSnapshot } from '../export/export-counts.ts';
import type { Transfers } from '../export/export-tally.ts';
import type { TracerStats } from '../tracer/api.ts';

/** Why something is not traced. */
export interface Reason {
  /** Stable, as in the table of the README; absent for what is no error of the environment. */
  readonly code?: ErrorCode;
  /** What could not be done, why, and the remedy. */
  readonly message: string;
}

/** A process that could not be attached. */
export interface RefusedTarget extends Reason {
  readonly pid: number;
}

/** What waits or is under way, encoded. */
export interface QueueStatus {
  readonly spans: number;
  readonly requests: number;
  /** As they are held: compressed while the collector is away. */
  readonly bytes: number;
  /** The most that `bytes` has ever been. */
  readonly bytesHighWater: number;
  /** Requests under way. */
  readonly inFlight: number;
  /** The collector could not be reached when it was tried last. */
  readonly isAway: boolean;
}

/** The page that was asked for. */
export interface PageStatus {
  /** Where it is; absent while it is opened, and when there is none. */
  readonly url?: string;
  /** Why there is none. */
  readonly reason?: Reason;
  /** What became of the spans that were handed over to its store. */
  readonly exports: ExportCountsSnapshot;
}

export interface GoidSpanProcessorStatus {
  /**
   * `starting`: the kernel is being asked; `tracing`: targets are attached as they appear; `inert`: nothing can be
   * traced, the application's own spans pass; `closed`: after `shutdown`.
   */
  readonly state: 'starting' | 'tracing' | 'inert' | 'closed';
  /** Why it is inert. */
  readonly reason?: Reason;
  /** The last 100 refusals, oldest first. */
  readonly refused: readonly RefusedTarget[];
  /** Targets, spans, probe hits and losses; absent while starting and when inert. */
  readonly stats?: TracerStats;
  /** What became of the spans that were handed over; absent with `processor`. */
  readonly exports?: ExportCountsSnapshot;
  /** What waits to leave by OTLP; absent with `exporter` and `processor`, as is the next. */
  readonly queue?: QueueStatus;
  /** What went over the wire. */
  readonly transfers?: Transfers;
  /** Absent if no page was asked for. */
  readonly page?: PageStatus;
}
