/**
 * The stage in the draining thread, with the sinks that it builds there. Owns the order in which the main thread hears of
 * it: a report is never older than the answer that follows it.
 */
import type { ExportFailure } from '../export/export-failure.ts';
import { LastFacts } from '../otlp/last-fact.ts';
import { RecordStage, type StageFrame } from '../stage/record-stage.ts';
import { batchOf } from '../wire/batch.ts';
import type { FromIngest, StagePlan } from './ingest-protocol.ts';
import { ReportedSink } from './reported-sink.ts';

/** While something happens, the main thread hears of it so often. */
const REPORT_MS = 500;

export class ThreadStage {
  readonly #post: (message: FromIngest) => void;
  readonly #sinks: readonly ReportedSink[];
  readonly #stage: RecordStage;
  #timer: NodeJS.Timeout | undefined;

  constructor({ sinks, settings }: StagePlan, post: (message: FromIngest) => void) {
    this.#post = post;
    const lastFacts = sinks.length > 1 ? new LastFacts() : undefined;
    this.#sinks = sinks.map((plan, sink) => {
      const hooks = {
        onFailure: (failure: ExportFailure) => post({ kind: 'export_failed', sink, failure }),
        onSomething: (isMuch: boolean) => (isMuch ? this.report() : this.#reportSoon()),
      };
      return new ReportedSink(plan, hooks, lastFacts);
    });
    this.#stage = new RecordStage(
      this.#sinks.map(({ sink }) => sink),
      settings,
      post,
    );
  }

  /** Records in the first `bytes` of the buffer. */
  takeBatch(buffer: ArrayBuffer, bytes: number): void {
    this.#stage.takeBatch(batchOf(buffer, bytes));
    this.#reportSoon();
  }

  take(frame: StageFrame): void {
    this.#stage.take(frame);
    if (frame.kind === 'span') this.#reportSoon();
  }

  /** No records come any more. */
  finish(): void {
    this.#stage.finish();
  }

  countCalls(on: boolean): void {
    this.#stage.countCalls(on);
  }

  async flush(sink: number, deadlineMs: number): Promise<void> {
    await this.#sinks[sink]?.sink.forceFlush(deadlineMs);
    this.report();
  }

  async shutdown(sink: number, deadlineMs: number): Promise<void> {
    this.#stage.emitWaiting();
    await this.#sinks[sink]?.sink.shutdown(deadlineMs);
    this.report();
  }

  report(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#post({
      kind: 'report',
      report: this.#stage.report(),
      calls: this.#stage.changedCalls(),
      sinks: this.#sinks.map((sink) => sink.report()),
    });
  }

  #reportSoon(): void {
    this.#timer ??= setTimeout(() => this.report(), REPORT_MS).unref();
  }
}
