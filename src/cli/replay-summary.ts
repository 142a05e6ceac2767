/** The closing summary of a replay: as data for `--summary`, and as text. Pure. */
import type { Replayed } from '../tracer/replay.ts';
import {
  count,
  type ExportSummary,
  exportLines,
  lostOf,
  namedCounts,
  nonZero,
  noteLines,
  type Summary,
} from './summary.ts';

/** What `--summary` writes. */
export interface ReplaySummary
  extends Pick<Summary, 'startedAt' | 'endedAt' | 'spans' | 'lost' | 'notes' | 'exports'> {
  readonly recording: {
    readonly file: string;
    /** Version of goidspan that recorded. */
    readonly version: string;
    readonly startedAt: string;
    /** Null when it was not ended in order. */
    readonly endedAt: string | null;
    readonly end: Replayed['end'];
    readonly batches: number;
    /** What had been counted at its end, hits and losses in the kernel among it. */
    readonly stats: Readonly<Record<string, unknown>> | null;
  };
}

export function replaySummaryOf(
  { recordedBy, startedAt, end, batches, spans, notKept, telemetryExports, lost, recorded }: Replayed,
  exports: readonly ExportSummary[],
  about: { readonly file: string; readonly startedAt: Date; readonly endedAt: Date },
): ReplaySummary {
  return {
    startedAt: about.startedAt.toISOString(),
    endedAt: about.endedAt.toISOString(),
    spans: {
      exported: exports[0]?.exported ?? 0,
      ended: Object.values(spans).reduce((sum, count) => sum + count, 0),
      byKind: spans,
    },
    lost: lostOf(lost, exports),
    notes: { not_kept: notKept, telemetry_exports: telemetryExports },
    exports,
    recording: {
      file: about.file,
      version: recordedBy,
      startedAt,
      endedAt: recorded?.endedAt ?? null,
      end,
      batches,
      stats: recorded?.stats ?? null,
    },
  };
}

/** The summary for people, with a final newline. */
export function formatReplaySummary({ recording, spans, lost, notes, exports }: ReplaySummary): string {
  const lines = [
    `recorded ${recording.startedAt} by goidspan ${recording.version}, ${count(recording.batches)} batches`,
    `spans    ${count(spans.ended)} (${namedCounts(spans.byKind)})`,
    ...exports.flatMap(exportLines),
    `lost     ${count(lost.total)}`,
    ...nonZero(lost.byReason),
    ...noteLines(notes),
  ];
  return `goidspan: summary\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
