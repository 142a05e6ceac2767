/** The closing summary: as data for `--summary`, and as text. Pure. */
import type { ExportCountsSnapshot } from '../export/export-counts.ts';
import type { Transfers } from '../export/export-tally.ts';
import type { ExportSink } from '../export/span-sink.ts';
import type { TracerStats } from '../tracer/api.ts';

/** One exporter, by its name: `otlp`, `file`, `terminal`. */
export type ExportSummary = ExportCountsSnapshot & { readonly name: string; readonly transfers?: Transfers };

export function exportSummaryOf(sink: ExportSink): ExportSummary {
  return { name: sink.name, ...sink.counts(), ...(sink.transfers && { transfers: sink.transfers() }) };
}

/** What `--summary` writes. */
export interface Summary {
  readonly version: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly spans: {
    /** Arrived at the first exporter: OTLP before the file before the terminal. */
    readonly exported: number;
    readonly ended: number;
    readonly byKind: Readonly<Record<string, number>>;
  };
  /** Records taken out of the ring buffer, and the time that making spans of them took. */
  readonly drained: TracerStats['drained'];
  readonly hits: TracerStats['hits'];
  /** Of the tracer, and of each exporter as `export_<name>_<reason>`. */
  readonly lost: { readonly total: number; readonly byReason: Readonly<Record<string, number>> };
  /** Worth knowing, but no loss. */
  readonly notes: TracerStats['notes'];
  readonly exports: readonly ExportSummary[];
  readonly targets: TracerStats['targets'];
}

/** Joins what the tracer and the exporters have counted. */
export function summaryOf(
  stats: TracerStats,
  exports: readonly ExportSummary[],
  about: { readonly version: string; readonly startedAt: Date; readonly endedAt: Date },
): Summary {
  return {
    version: about.version,
    startedAt: about.startedAt.toISOString(),
    endedAt: about.endedAt.toISOString(),
    spans: { exported: exports[0]?.exported ?? 0, ...stats.spans },
    drained: stats.drained,
    hits: stats.hits,
    lost: lostOf(stats.lost.byReason, exports),
    notes: stats.notes,
    exports,
    targets: stats.targets,
  };
}

/** Every loss: those that were counted before the exporters, and in each of these. */
export function lostOf(
  before: Readonly<Record<string, number>>,
  exports: readonly ExportSummary[],
): Summary['lost'] {
  const byReason: Record<string, number> = { ...before };
  for (const { name, lostByReason } of exports) {
    for (const [reason, count] of Object.entries(lostByReason)) byReason[`export_${name}_${reason}`] = count;
  }
  return { total: Object.values(byReason).reduce((sum, count) => sum + count, 0), byReason };
}

/** The summary for people, with a final newline. */
export function formatSummary({ spans, hits, lost, notes, exports, targets }: Summary): string {
  const lines = [
    `spans    ${count(spans.ended)} (${namedCounts(spans.byKind)})`,
    ...exports.flatMap(exportLines),
    `hits     ${count(hits.total)}`,
    ...nonZero(hits.byProbe, (probe) => meanOf(hits.meanNsByProbe[probe])),
    `lost     ${count(lost.total)}`,
    ...nonZero(lost.byReason),
    ...noteLines(notes),
    `targets  ${count(targets.length)}`,
    ...targets.map(
      (target) =>
        `         ${target.serviceName} (pid ${target.pid}, ${target.exe}): ${count(target.spans)} spans`,
    ),
  ];
  return `goidspan: summary\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** What became of the spans that one exporter was given. */
export function exportLines({ name, exported, handed, transfers }: ExportSummary): string[] {
  return [
    `         ${count(exported)} of ${count(handed)} exported to ${NAMES[name] ?? name}`,
    ...(transfers && transfers.requests > 0 ? [transfersLine(transfers)] : []),
  ];
}

/** Nothing if there was nothing to note. */
export function noteLines(notes: Summary['notes']): string[] {
  const lines = nonZero(notes);
  return lines.length === 0 ? [] : ['noted', ...lines];
}

function transfersLine({ requests, bytes, retriesByReason, meanMs, maxMs }: Transfers): string {
  const tries = Object.values(retriesByReason).reduce((sum, retries) => sum + retries, 0);
  const latency = `answered in ${meanMs.toFixed(1)} ms (${maxMs.toFixed(1)} at most)`;
  return `         in ${count(requests)} requests of ${count(bytes)} bytes, ${latency}, ${count(tries)} tried again`;
}

const NAMES: Readonly<Record<string, string>> = { otlp: 'OTLP', file: 'the file', terminal: 'the terminal' };

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

export function nonZero(
  counts: Readonly<Record<string, number>>,
  more: (name: string) => string = () => '',
): string[] {
  return Object.entries(counts)
    .filter(([, value]) => value > 0)
    .map(([name, value]) => `         ${name} ${count(value)}${more(name)}`);
}

export function namedCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, value]) => `${name} ${count(value)}`)
    .join(', ');
}

function meanOf(meanNs: number | undefined): string {
  return meanNs === undefined ? '' : `, ${count(Math.round(meanNs))} ns each in its program`;
}
