/** The closing summary: as data for `--summary`, and as text. Pure. */
import type { ExportCountsSnapshot } from '../export/export-counts.ts';
import type { TracerStats } from './tracer-api.ts';

/** One way out, by its name: `otlp`, `file`, `terminal`. */
export type ExportSummary = ExportCountsSnapshot & { readonly name: string };

/** What `--summary` writes. */
export interface Summary {
  readonly version: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly spans: {
    /** Arrived at the first way out: OTLP before the file before the terminal. */
    readonly exported: number;
    readonly ended: number;
    readonly byKind: Readonly<Record<string, number>>;
  };
  readonly hits: TracerStats['hits'];
  /** Of the tracer, and of each way out as `export_<name>_<reason>`. */
  readonly lost: { readonly total: number; readonly byReason: Readonly<Record<string, number>> };
  readonly exports: readonly ExportSummary[];
  readonly targets: TracerStats['targets'];
}

/** Joins what the tracer and the ways out have counted. */
export function summaryOf(
  stats: TracerStats,
  exports: readonly ExportSummary[],
  about: { readonly version: string; readonly startedAt: Date; readonly endedAt: Date },
): Summary {
  const byReason: Record<string, number> = { ...stats.lost.byReason };
  for (const { name, lostByReason } of exports) {
    for (const [reason, count] of Object.entries(lostByReason)) byReason[`export_${name}_${reason}`] = count;
  }
  return {
    version: about.version,
    startedAt: about.startedAt.toISOString(),
    endedAt: about.endedAt.toISOString(),
    spans: { exported: exports[0]?.exported ?? 0, ...stats.spans },
    hits: stats.hits,
    lost: { total: Object.values(byReason).reduce((sum, count) => sum + count, 0), byReason },
    exports,
    targets: stats.targets,
  };
}

/** The summary for people, with a final newline. */
export function formatSummary({ spans, hits, lost, exports, targets }: Summary): string {
  const lines = [
    `spans    ${count(spans.ended)} (${namedCounts(spans.byKind)})`,
    ...exports.map(
      (way) =>
        `         ${count(way.exported)} of ${count(way.handed)} exported to ${NAMES[way.name] ?? way.name}`,
    ),
    `hits     ${count(hits.total)}`,
    ...Object.entries(hits.byProbe)
      .filter(([, hitCount]) => hitCount > 0)
      .map(([probe, hitCount]) => `         ${probe} ${count(hitCount)}${meanOf(hits.meanNsByProbe[probe])}`),
    `lost     ${count(lost.total)}`,
    ...Object.entries(lost.byReason)
      .filter(([, lostCount]) => lostCount > 0)
      .map(([reason, lostCount]) => `         ${reason} ${count(lostCount)}`),
    `targets  ${count(targets.length)}`,
    ...targets.map(
      (target) =>
        `         ${target.serviceName} (pid ${target.pid}, ${target.exe}): ${count(target.spans)} spans`,
    ),
  ];
  return `goidspan: summary\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

const NAMES: Readonly<Record<string, string>> = { otlp: 'OTLP', file: 'the file', terminal: 'the terminal' };

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function namedCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, value]) => `${name} ${count(value)}`)
    .join(', ');
}

function meanOf(meanNs: number | undefined): string {
  return meanNs === undefined ? '' : `, ${count(Math.round(meanNs))} ns each in its program`;
}
