/**
 * Sends metrics by OTLP over the transports that the spans use: a `PushMetricExporter` of the SDKs 2.x and 3.x. One try a
 * collection: the next one says the same and more. What fails is said once a minute at most.
 */
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { ExportFailure } from '../export/export-failure.ts';
import { codecFor } from '../otlp-client/codec.ts';
import { createTransport } from '../otlp-client/create-transport.ts';
import type { OtlpSettings } from '../otlp-client/settings.ts';
import type { Outcome, RequestBody, Transport } from '../otlp-client/transport.ts';

type ResourceMetrics = Parameters<PushMetricExporter['export']>[0];
type ResultCallback = Parameters<PushMetricExporter['export']>[1];

export interface MetricExporterHooks {
  /** For the user. */
  readonly report: (message: string) => void;
  /** For those who look into it. */
  readonly debug: (message: string) => void;
}

const QUIET_MS = 60_000;
/** Nothing that comes back is ever decompressed. */
const ANSWER_BYTES_MAX = 0;

export class OtlpMetricExporter implements PushMetricExporter {
  readonly #settings: OtlpSettings;
  readonly #hooks: MetricExporterHooks;
  readonly #transport: Transport;
  readonly #end = new AbortController();
  #underWay: Promise<void> = Promise.resolve();
  #saidAt = Number.NEGATIVE_INFINITY;
  #hasSaidNoReceiver = false;

  constructor(settings: OtlpSettings, hooks: MetricExporterHooks) {
    this.#settings = settings;
    this.#hooks = hooks;
    this.#transport = createTransport(settings);
  }

  /** Calls back with success in any case: a failure has been said here, and the reader would say it each time. */
  export(metrics: ResourceMetrics, resultCallback: ResultCallback): void {
    this.#underWay = this.#export(metrics).then(() => resultCallback({ code: 0 }));
  }

  forceFlush(): Promise<void> {
    return this.#underWay;
  }

  /** Gives up what is under way. Idempotent. */
  async shutdown(): Promise<void> {
    this.#end.abort();
    this.#transport.close();
  }

  async #export(metrics: ResourceMetrics): Promise<void> {
    try {
      const bytes = ProtobufMetricsSerializer.serializeRequest(metrics);
      if (!bytes) return;
      const body = await this.#bodyOf(bytes);
      this.#judge(await this.#transport.send(body, this.#settings.timeoutMs, this.#end.signal));
    } catch (error) {
      this.#say(error instanceof Error ? error.message : String(error));
    }
  }

  async #bodyOf(bytes: Uint8Array): Promise<RequestBody> {
    const { compression } = this.#settings;
    if (compression === 'none') return { bytes, encoding: 'identity' };
    const codec = codecFor(compression, ANSWER_BYTES_MAX);
    return { bytes: await codec.compress(bytes), encoding: codec.encoding };
  }

  #judge(outcome: Outcome): void {
    if (!outcome.ok) this.#judgeFailure(outcome.failure);
    else if (outcome.rejectedItems > 0) {
      this.#say(`rejected ${outcome.rejectedItems} points: ${outcome.message}`);
    }
  }

  #judgeFailure({ reason, cause, remedy }: ExportFailure): void {
    if (this.#end.signal.aborted) return;
    if (reason !== 'not_found') {
      this.#say(`${cause} (${remedy})`);
    } else if (!this.#hasSaidNoReceiver) {
      // Many collectors take traces only.
      this.#hasSaidNoReceiver = true;
      this.#hooks.debug(`no metrics are taken at ${this.#settings.url}: ${cause}`);
    }
  }

  #say(why: string): void {
    const now = performance.now();
    if (now - this.#saidAt < QUIET_MS) return;
    this.#saidAt = now;
    this.#hooks.report(`cannot export metrics to ${this.#settings.url}: ${why}`);
  }
}
