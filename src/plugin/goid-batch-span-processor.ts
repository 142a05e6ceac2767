/** Our queue for any OpenTelemetry JS SDK: the place of a `BatchSpanProcessor` and its exporter, in one. */
import { type Context, diag, type Span } from '@opentelemetry/api';
import type { ExportCountsSnapshot } from '../export/export-counts.ts';
import type { Transfers } from '../export/export-tally.ts';
import { passesTo } from '../otlp-client/export-behind.ts';
import { OtlpExport } from '../otlp-client/otlp-export.ts';
import { otlpSinkSettingsOf } from '../otlp-client/otlp-sink-settings.ts';
import { reportHooks } from '../otlp-client/report-hooks.ts';
import type { ReadableSpan } from '../span/readable-span.ts';
import { observe } from '../telemetry/observe.ts';
import type { Observation } from '../telemetry/observed.ts';
import { checkQueueOptions, type GoidBatchSpanProcessorOptions } from './otlp-options.ts';
import type { SpanProcessor } from './span-processor.ts';
import type { QueueStatus } from './status.ts';

/** What a {@link GoidBatchSpanProcessor} tells of itself. */
export interface GoidBatchSpanProcessorStatus {
  /** Handed over = exported + lost + what waits. */
  readonly exports: ExportCountsSnapshot;
  readonly queue: QueueStatus;
  readonly transfers: Transfers;
}

/**
 * Encodes spans as they end, holds the encoded requests within a bound of bytes (compressed while the collector is away),
 * and sends them by OTLP over gRPC or HTTP/protobuf. Stands where a `BatchSpanProcessor` would, in the SDKs 2.x and 3.x;
 * Node ≥ 20.19. After its construction it throws nothing, and keeps no process alive.
 */
export class GoidBatchSpanProcessor implements SpanProcessor {
  readonly #sink: OtlpExport;
  readonly #observation: Observation;
  readonly #shutdownTimeoutMs: number;

  /**
   * @throws {TypeError | RangeError} that names the option.
   * @throws {GoidspanError} `bad_endpoint` for an endpoint or a certificate that cannot be used.
   */
  constructor(options: GoidBatchSpanProcessorOptions = {}) {
    const log = diag.createComponentLogger({ namespace: 'goidspan' });
    const warn = (message: string): void => log.warn(message);
    const { sink, stats, shutdownTimeoutMillis } = checkQueueOptions(options);
    const settings = otlpSinkSettingsOf('otlp', sink, process.env, warn);
    const otlp = { settings, queue: () => this.#sink.queue };
    this.#observation = observe({
      sink: { component: 'processor', counts: () => this.#sink.counts(), otlp },
    });
    const hooks = reportHooks(settings.otlp.url, warn, (event) => {
      this.#observation.onEvent(event);
      stats?.(event);
    });
    this.#sink = new OtlpExport(settings, hooks);
    passesTo(this, this.#sink);
    this.#shutdownTimeoutMs = shutdownTimeoutMillis;
  }

  onStart(_span: Span, _parentContext: Context): void {}

  /** Never throws; a span that is not sampled is counted and left out. */
  onEnd(span: ReadableSpan): void {
    this.#sink.onEnd(span);
  }

  /** Resolves when all spans so far have an outcome, or the time is over; the rest stays queued. Never rejects. */
  forceFlush(): Promise<void> {
    return this.#sink.forceFlush(this.#shutdownTimeoutMs);
  }

  /** Drains until the time is over, then counts what is left as lost. Idempotent; never rejects. */
  async shutdown(): Promise<void> {
    await this.#sink.shutdown(this.#shutdownTimeoutMs);
    this.#observation.stop();
  }

  /** What became of the spans, and what waits. Never throws. */
  status(): GoidBatchSpanProcessorStatus {
    return { exports: this.#sink.counts(), queue: this.#sink.queue, transfers: this.#sink.transfers() };
  }
}
