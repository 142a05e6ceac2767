/** Every counter of kernel and user space in the form of {@link TracerStats}. */
import { type Counters, noSpans, type SpanCounts } from '../stage/counters.ts';
import type { DrainStats } from '../stage/drain-meter.ts';
import { spanKindNames } from '../wire/wire.gen.ts';
import type { TracerStats } from './api.ts';

/** What has been counted in another thread. */
interface MoreCounts {
  readonly spans: Readonly<SpanCounts>;
  readonly lost: Readonly<Record<string, number>>;
  readonly drained: DrainStats;
}

/** Who counted what. */
interface Counted {
  readonly here: Counters;
  readonly elsewhere: MoreCounts | undefined;
  /** Named as in `enum count`. */
  readonly kernel: Readonly<Record<string, number>>;
  readonly runs: Readonly<Record<string, { readonly runs: number; readonly runTimeNs: number }>>;
  /** Processes that had sockets before they were attached. */
  readonly attachedLate: number;
  readonly targets: TracerStats['targets'];
}

export function tracerStats({ here, elsewhere, kernel, runs, attachedLate, targets }: Counted): TracerStats {
  const byProbe = select(kernel, 'HIT_');
  const byReason = { ...select(kernel, 'LOST_'), ...here.lost() };
  for (const [reason, count] of Object.entries(elsewhere?.lost ?? {})) {
    byReason[reason] = (byReason[reason] ?? 0) + count;
  }
  const byKind = noSpans();
  for (const kind of Object.values(spanKindNames)) {
    byKind[kind] = here.spans[kind] + (elsewhere?.spans[kind] ?? 0);
  }
  return {
    spans: { ended: sum(byKind), byKind },
    drained: here.drain.stats(elsewhere?.drained),
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
    notes: { ...select(kernel, 'NOTE_'), attached_late: attachedLate },
    targets,
  };
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
