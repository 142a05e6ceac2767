/** Every counter of kernel and user space in the form of {@link TracerStats}. */
import type { Losses } from '../stage/counters.ts';
import type { StageReport } from '../stage/record-stage.ts';
import type { TracerStats } from './api.ts';
import { countsOf } from './kernel-counts.ts';

/** Who counted what. */
interface Counted {
  readonly stage: StageReport;
  /** Of the tracer itself. */
  readonly losses: Losses;
  /** Named as in `enum count`. */
  readonly kernel: Readonly<Record<string, number>>;
  readonly runs: Readonly<Record<string, { readonly runs: number; readonly runTimeNs: number }>>;
  /** Processes that had sockets before they were attached. */
  readonly attachedLate: number;
  /** Processes that turned up and could not be attached. */
  readonly refused: number;
  readonly targets: TracerStats['targets'];
  readonly budget: TracerStats['budget'];
  readonly level: TracerStats['level'];
}

export function tracerStats({
  stage,
  losses,
  kernel,
  runs,
  attachedLate,
  refused,
  targets,
  budget,
  level,
}: Counted): TracerStats {
  const byProbe = countsOf('HIT', kernel);
  const byReason = { ...countsOf('LOST', kernel), ...losses.lost() };
  for (const [reason, count] of Object.entries(stage.lost)) {
    byReason[reason] = (byReason[reason] ?? 0) + count;
  }
  return {
    spans: { ended: sum(stage.spans), byKind: stage.spans },
    drained: stage.drained,
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
    notes: {
      ...countsOf('NOTE', kernel),
      not_kept: stage.notKept,
      telemetry_exports: stage.telemetryExports,
      attached_late: attachedLate,
      targets_refused: refused,
    },
    targets,
    ...(budget && { budget }),
    ...(level && { level }),
  };
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, value) => total + value, 0);
}
