/** Builds the exporters from the standard environment and the options of the command line. */
import { BatchSink } from '../export/batch-sink.ts';
import type { ExportEvent } from '../export/export-event.ts';
import { FailureReporter } from '../export/failure-reporter.ts';
import { type BatchSettings, destinationsOf } from '../export/settings.ts';
import type { ExportSink } from '../export/span-sink.ts';
import type { Style } from '../export/terminal/style.ts';
import { TreeExporter } from '../export/terminal/tree-exporter.ts';
import { OtlpExport } from '../otlp-client/otlp-export.ts';
import { otlpSinkSettingsOf } from '../otlp-client/otlp-sink-settings.ts';
import { probeEndpoint } from '../otlp-client/probe-endpoint.ts';
import { reportHooks } from '../otlp-client/report-hooks.ts';

/** What the caller chooses; all else comes from the environment. */
export interface ExportOptions {
  /** Write OTLP JSON to this file, beside the other exporters. */
  readonly outFile?: string | undefined;
  /** Where trees are printed when the environment names no destination, or `console`. */
  readonly terminal: { readonly write: (text: string) => void; readonly style: Style };
  /** Print only if the environment says `console`. */
  readonly isQuiet?: boolean;
  /** Told of everything that the user should know, one line at a time. */
  readonly report: (message: string) => void;
  /** Told what happens in the export by OTLP. */
  readonly onEvent: (event: ExportEvent) => void;
}

/** Local exporters are fast: a batch soon, and room for a burst of records after a stall of the process. */
const FILE_BATCH: BatchSettings = {
  maxQueueSize: 65_536,
  maxExportBatchSize: 512,
  scheduledDelayMillis: 500,
  exportTimeoutMillis: 30_000,
};
const TERMINAL_BATCH: BatchSettings = { ...FILE_BATCH, scheduledDelayMillis: 50 };

/**
 * Makes the exporters; the first is the one that `spans.exported` of the summary speaks of.
 * Names: `otlp`, `file`, `terminal`.
 * @throws {GoidspanError} `bad_endpoint`, `cannot_write`.
 */
export async function createExport(
  { outFile, terminal, isQuiet, report, onEvent }: ExportOptions,
  env: NodeJS.ProcessEnv,
): Promise<readonly ExportSink[]> {
  const destinations = destinationsOf(env, report) ?? (isQuiet ? [] : ['console']);
  const sinks: ExportSink[] = [];
  if (destinations.includes('otlp')) sinks.push(await createOtlpExport(env, report, onEvent));
  if (outFile !== undefined) sinks.push(await createFileSink(outFile, report));
  if (destinations.includes('console')) {
    const exporter = new TreeExporter(terminal);
    const reporter = new FailureReporter('the terminal', report);
    sinks.push(new BatchSink(exporter, { name: 'terminal', batch: TERMINAL_BATCH, reporter }));
  }
  return sinks;
}

async function createFileSink(path: string, report: (message: string) => void): Promise<BatchSink> {
  // Loaded only when wanted: it brings OpenTelemetry's serializers with it, 14 MB of memory.
  const { JsonlExporter } = await import('../export/jsonl-exporter.ts');
  const exporter = await JsonlExporter.open(path);
  const reporter = new FailureReporter(path, report);
  return new BatchSink(exporter, { name: 'file', batch: FILE_BATCH, reporter });
}

async function createOtlpExport(
  env: NodeJS.ProcessEnv,
  report: (message: string) => void,
  onEvent: (event: ExportEvent) => void,
): Promise<OtlpExport> {
  const settings = otlpSinkSettingsOf('otlp', {}, env, report);
  const hooks = reportHooks(settings.otlp.url, report, onEvent);
  const early = await probeEndpoint(settings.otlp.url);
  if (early) hooks.onFailure(early);
  return new OtlpExport(settings, hooks);
}
