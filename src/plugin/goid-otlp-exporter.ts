/**
 * Our OTLP exporter for any OpenTelemetry JS SDK. Owns the contract of a `SpanExporter`: one result for each batch. It
 * waits for one batch no longer than it is told; queueing is a processor's business.
 */
import { diag } from '@opentelemetry/api';
import { ExportCounts, type ExportCountsSnapshot } from '../export/export-counts.ts';
import type { ExportEvent } from '../export/export-event.ts';
import type { ExportResult, SpanExporter } from '../export/span-sink.ts';
import { createTransport } from '../otlp-client/create-transport.ts';
import { Delivery } from '../otlp-client/delivery.ts';
import { DRAIN_DEADLINE_MS } from '../otlp-client/delivery-settings.ts';
import { type OtlpSinkSettings, otlpSinkSettingsOf } from '../otlp-client/otlp-sink-settings.ts';
import type { Fate } from '../otlp-client/queued-request.ts';
import { reportHooks } from '../otlp-client/report-hooks.ts';
import { RequestBatcher } from '../otlp-client/request-batcher.ts';
import type { ReadableSpan } from '../span/readable-span.ts';
import { observe } from '../telemetry/observe.ts';
import type { Observation } from '../telemetry/observed.ts';
import { checkExporterOptions, type GoidOtlpExporterOptions } from './otlp-options.ts';

/** As long as a `BatchSpanProcessor` of the SDK waits. */
const EXPORT_TIMEOUT_MS = 30_000;

/** By this a {@link GoidSpanProcessor} of any copy of this package knows how to send without the exporter. */
export const OTLP_SINK_SETTINGS: unique symbol = Symbol.for('goidspan.otlp-sink-settings') as never;

/**
 * Sends spans by OTLP over gRPC or HTTP/protobuf, tries again what can be tried again, and counts the rest. Stands where
 * an `OTLPTraceExporter` would, in the SDKs 2.x and 3.x; Node ≥ 20.19. Keeps no process alive.
 */
export class GoidOtlpExporter implements SpanExporter {
  /** @internal */
  readonly [OTLP_SINK_SETTINGS]: OtlpSinkSettings;
  readonly #counts = new ExportCounts();
  readonly #delivery: Delivery;
  readonly #stats: ((event: ExportEvent) => void) | undefined;
  /** From the first batch on: what only lends its settings exports nothing. */
  #observation: Observation | undefined;
  #closing: Promise<void> | undefined;

  /**
   * @throws {TypeError | RangeError} that names the option.
   * @throws {GoidspanError} `bad_endpoint` for an endpoint or a certificate that cannot be used.
   */
  constructor(options: GoidOtlpExporterOptions = {}) {
    const log = diag.createComponentLogger({ namespace: 'goidspan' });
    const warn = (message: string): void => log.warn(message);
    const { sink, stats } = checkExporterOptions(options);
    const settings = otlpSinkSettingsOf('otlp', sink, process.env, warn);
    const ageMsMax = sink.exportTimeoutMillis ?? Math.min(settings.delivery.ageMsMax, EXPORT_TIMEOUT_MS);
    this[OTLP_SINK_SETTINGS] = settings;
    this.#delivery = new Delivery(
      createTransport(settings.otlp),
      { ...settings.delivery, ageMsMax },
      { counts: this.#counts, ...reportHooks(settings.otlp.url, warn, (event) => this.#tell(event)) },
    );
    this.#stats = stats;
  }

  /** Calls back once, when every span of the batch has an outcome: code 0 if all were accepted, else 1 and why. Never throws. */
  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void {
    void this.#export(spans).then(resultCallback);
  }

  /** Resolves when what is under way has an outcome, after five seconds at the latest. Never rejects. */
  async forceFlush(): Promise<void> {
    await this.#delivery.flush(DRAIN_DEADLINE_MS);
  }

  /** The same, then refuses more. Idempotent; never rejects. */
  shutdown(): Promise<void> {
    this.#closing ??= this.#delivery.shutdown(DRAIN_DEADLINE_MS).then(() => this.#observation?.stop());
    return this.#closing;
  }

  /** What became of the spans that were handed over. */
  counts(): ExportCountsSnapshot {
    return this.#counts.snapshot();
  }

  async #export(spans: ReadableSpan[]): Promise<ExportResult> {
    try {
      this.#observation ??= this.#observe();
      this.#counts.handed += spans.length;
      const fates = await this.#deliver(spans);
      const failed = fates.find((fate) => !fate.ok);
      if (failed === undefined || failed.ok) return { code: 0 };
      return { code: 1, error: new Error(failed.failure?.cause ?? failed.reason) };
    } catch (error) {
      return { code: 1, error: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  #observe(): Observation {
    const otlp = { settings: this[OTLP_SINK_SETTINGS], queue: () => this.#delivery.state };
    return observe({ sink: { component: 'exporter', counts: () => this.counts(), otlp } });
  }

  #tell(event: ExportEvent): void {
    this.#observation?.onEvent(event);
    this.#stats?.(event);
  }

  async #deliver(spans: readonly ReadableSpan[]): Promise<Fate[]> {
    const fates: Promise<Fate>[] = [];
    const batcher = new RequestBatcher({
      limits: this[OTLP_SINK_SETTINGS].limits,
      maxExportBatchSize: Number.POSITIVE_INFINITY,
      scheduledDelayMillis: EXPORT_TIMEOUT_MS,
      send: (request) => void fates.push(this.#delivery.push(request)),
      lose: (reason) => {
        this.#counts.lose(reason, 1);
        fates.push(Promise.resolve({ ok: false, reason }));
      },
    });
    for (const span of spans) batcher.addSpan(span);
    await batcher.flush(EXPORT_TIMEOUT_MS);
    return Promise.all(fates);
  }
}
