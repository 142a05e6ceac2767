/** Every counter of kernel and user space in the form of {@link TracerStats}. */
import type { BadRecord } from '../wire/decode.ts';
import { type SpanKindName, spanKindNames } from '../wire/wire.gen.ts';
import type { DrainStats, TracerStats } from './api.ts';
import { DrainMeter } from './drain-meter.ts';

/** Spans by their kind. */
export type SpanCounts = Record<SpanKindName, number>;

export const noSpans = (): SpanCounts =>
  Object.fromEntries(Object.values(spanKindNames).map((kind) => [kind, 0])) as SpanCounts;

/** What has been counted in another thread. */
export interface MoreCounts {
  readonly spans: Readonly<SpanCounts>;
  readonly lost: Readonly<Record<string, number>>;
  readonly drained: DrainStats;
}

/** What can get lost after the kernel has handed a record over. */
export type UserLoss =
  | BadRecord
  /** A span of a target that is not known any more. */
  | 'target_unknown'
  /** A span that makes no sense: see `live-check.ts`. */
  | 'implausible'
  /** A span processor threw. */
  | 'processor_threw'
  /** A span was still open when tracing stopped. */
  | 'open_at_detach'
  /** Open spans could not be read from the kernel when their process ended. */
  | 'open_unreadable';

export class Counters {
  readonly drain = new DrainMeter();
  readonly #lost = new Map<UserLoss, number>();
  readonly spans = noSpans();

  lose(reason: UserLoss, count = 1): void {
    if (count > 0) this.#lost.set(reason, (this.#lost.get(reason) ?? 0) + count);
  }

  /** A process had sockets before it was attached. */
  attachedLate = 0;

  /** What was lost in user space, by reason. */
  lost(): Record<string, number> {
    return Object.fromEntries(this.#lost);
  }

  /** Puts the kernel's counters (named as in `enum count`), run statistics and another thread's counts beside ours. */
  stats(
    kernelCounts: Readonly<Record<string, number>>,
    runs: Readonly<Record<string, { runs: number; runTimeNs: number }>>,
    targets: TracerStats['targets'],
    more: MoreCounts | undefined,
  ): TracerStats {
    const byProbe = select(kernelCounts, 'HIT_');
    const byReason = { ...select(kernelCounts, 'LOST_'), ...this.lost() };
    for (const [reason, count] of Object.entries(more?.lost ?? {})) {
      byReason[reason] = (byReason[reason] ?? 0) + count;
    }
    const byKind = noSpans();
    for (const kind of Object.values(spanKindNames))
      byKind[kind] = this.spans[kind] + (more?.spans[kind] ?? 0);
    return {
      spans: { ended: sum(byKind), byKind },
      drained: this.drain.stats(more?.drained),
      hits: {
        total: sum(byProbe),
        byProbe,
        meanNsByProbe: Object.fromEntries(
          Object.entries(runs)
            .filter(([probe, { runs: count }]) => probe in byProbe && count > 0)
            .map(([probe, { runs: count, runTimeNs }]) => [probe, Math.round(runTimeNs / count)]),
        ),
      },
      lost: { total: sum(byReason), byReason },
      notes: { ...select(kernelCounts, 'NOTE_'), attached_late: this.attachedLate },
      targets,
    };
  }
}

/** The counters with that prefix, by the rest of their name in lower case. */
function select(counts: Readonly<Record<string, number>>, prefix: string): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counts)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length).toLowerCase(), value]),
  );
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, value) => total + value, 0);
}
