/**
 * What the draining thread does when it exports: decode, correlate, encode, send. Owns the order in which the main thread
 * hears of it: a report is never older than the answer that follows it.
 */
import type { ExportEvent } from '../export/export-event.ts';
import { createOtlpSink } from '../otlp-client/create-otlp-sink.ts';
import type { OtlpSink } from '../otlp-client/otlp-sink.ts';
import type { SpanFrame } from '../recording/format.ts';
import { type ContextFrame, SpanStage } from '../stage/span-stage.ts';
import { batchOf } from '../wire/batch.ts';
import { decodeBatch, type RecordVisitor } from '../wire/decode.ts';
import type { ExportData, FromIngest } from './ingest-protocol.ts';

/** While something happens, the main thread hears of it so often. */
const REPORT_MS = 500;
const EVENTS_MAX = 256;

export class ExportStage {
  readonly #post: (message: FromIngest) => void;
  readonly #sink: OtlpSink;
  readonly #stage: SpanStage;
  readonly #visitor: RecordVisitor;
  #events: ExportEvent[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor({ settings, scope, dbStatement }: ExportData, post: (message: FromIngest) => void) {
    this.#post = post;
    this.#sink = createOtlpSink(settings, {
      onFailure: (failure) => post({ kind: 'export_failed', failure }),
      onEvent: (event) => this.#note(event),
    });
    this.#stage = new SpanStage({
      processors: [this.#sink],
      dbStatement,
      onFailure: (targetId, failure) => post({ kind: 'implausible', targetId, failure }),
      askTypeName: (targetId, address) => post({ kind: 'type_name_wanted', targetId, address }),
    });
    this.#stage.scope = scope;
    this.#visitor = {
      spanEnd: (record) => this.#stage.emit(record),
      processExec: (record) => post({ kind: 'exec', record }),
      processExit: (record) => post({ kind: 'exit', record }),
      bad: (reason) => this.#stage.counters.lose(reason),
    };
  }

  /** Records in the first `bytes` of the buffer. */
  takeBatch(buffer: ArrayBuffer, bytes: number): void {
    this.#stage.counters.drain.decode(batchOf(buffer, bytes), this.#visitor);
    this.#reportSoon();
  }

  take(frame: ContextFrame | SpanFrame): void {
    if (frame.kind !== 'span') {
      this.#stage.take(frame);
      return;
    }
    decodeBatch(batchOf(frame.bytes), {
      ...this.#visitor,
      spanEnd: (record) => this.#stage.emit(record, frame),
    });
    this.#reportSoon();
  }

  async flush(deadlineMs: number): Promise<void> {
    await this.#sink.forceFlush(deadlineMs);
    this.report();
  }

  async shutdown(deadlineMs: number): Promise<void> {
    this.#stage.emitWaiting();
    await this.#sink.shutdown(deadlineMs);
    this.report();
  }

  report(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { counters, spansByTarget } = this.#stage;
    const events = this.#events;
    this.#events = [];
    this.#post({
      kind: 'report',
      events,
      report: {
        spans: { ...counters.spans },
        spansByTarget,
        lost: counters.lost(),
        drained: counters.drain.stats(),
        exports: this.#sink.counts(),
        queue: this.#sink.queue,
      },
    });
  }

  #note(event: ExportEvent): void {
    this.#events.push(event);
    if (this.#events.length >= EVENTS_MAX) this.report();
    else this.#reportSoon();
  }

  #reportSoon(): void {
    this.#timer ??= setTimeout(() => this.report(), REPORT_MS).unref();
  }
}
