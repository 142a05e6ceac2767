/**
 * Where spans are made: in the draining thread if every sink can be built there from its plan, so that the main thread does
 * not feel it; here if a foreign processor wants them, a recorder their records, or somebody what requests spent their time on, or what is
 * seen of their code. Owns that choice and the order
 * of a recording; to its user the two are the same.
 */
import type { SpanSink } from '../export/span-sink.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { exportBehind } from '../otlp-client/export-behind.ts';
import type { OtlpExport } from '../otlp-client/otlp-export.ts';
import type { FrameSink } from '../recording/recorder.ts';
import type { CallSeries } from '../stage/call-counts.ts';
import type { CodeSink } from '../stage/code-sink.ts';
import {
  RecordStage,
  type StageFrame,
  type StageMessage,
  type StageReport,
  type StageSettings,
} from '../stage/record-stage.ts';
import type { VerdictsOptions } from '../stage/verdicts.ts';
import type { Batch } from '../wire/batch.ts';
import { Ingest } from './ingest.ts';

export interface StageHostOptions {
  readonly processors: readonly SpanSink[];
  readonly settings: StageSettings;
  readonly recorder?: FrameSink | undefined;
  readonly codeSink?: CodeSink | undefined;
  /** The draining thread runs when nothing else wants its processor. */
  readonly idlePriority: boolean;
  /** Nearly nothing is made of the records: they may be taken in seldom, many at a time. Default false. */
  readonly makesLittle?: boolean | undefined;
  readonly onMessage: (message: StageMessage) => void;
  /** Told of each request whose time is known: the stage is here then. */
  readonly onRequest?: VerdictsOptions['onRequest'];
  /** Draining has failed. */
  readonly onFailure: (error: Error) => void;
}

export class StageHost {
  readonly #ingest: Ingest;
  readonly #recorder: FrameSink | undefined;
  /** Undefined if it is in the thread. */
  readonly #here: RecordStage | undefined;
  /** Asks for all names that a recording needs, where not all spans are kept that are in it. */
  readonly #asking: RecordStage | undefined;

  /** Starts draining. */
  constructor(
    kernel: Kernel,
    {
      processors,
      settings,
      recorder,
      codeSink,
      idlePriority,
      makesLittle,
      onMessage,
      onRequest,
      onFailure,
    }: StageHostOptions,
  ) {
    const exports = recorder || codeSink || onRequest ? undefined : movable(processors);
    this.#recorder = recorder;
    // A recording holds all that can be made of it, by somebody who has not got the program.
    const asksAllCode = recorder !== undefined;
    const isPart = recorder !== undefined && settings.keep !== undefined;
    this.#asking = isPart
      ? new RecordStage(
          [],
          { ...settings, keep: undefined, tellsSlowRoutes: false, asksAllCode },
          (message) => {
            if (isAnswered(message)) onMessage(message);
          },
        )
      : undefined;
    this.#here = exports
      ? undefined
      : new RecordStage(
          processors,
          { ...settings, asksAllCode },
          (message) => {
            if (!isPart || !isAnswered(message)) onMessage(message);
          },
          { codeSink, onRequest },
        );
    this.#ingest = new Ingest(
      kernel,
      { onBatch: (batch) => this.#takeBatch(batch), onFailure, onMessage },
      { idlePriority, makesLittle, moved: exports && { exports, settings } },
    );
  }

  take(frame: StageFrame): void {
    this.#recorder?.write(frame);
    this.#asking?.take(frame);
    if (this.#here) this.#here.take(frame);
    else this.#ingest.tell(frame);
  }

  /** As of now, or of the last half second if the stage is in the thread and was not drained since. */
  report(): StageReport {
    return this.#here?.report() ?? this.#ingest.report;
  }

  /** Calls are counted from now on, and how long they took, or they are not. */
  countCalls(on: boolean): void {
    if (this.#here) this.#here.countCalls(on);
    else this.#ingest.countCalls(on);
  }

  /** How long calls took that were counted; as old as the report. */
  calls(): readonly CallSeries[] {
    return this.#here?.calls() ?? this.#ingest.calls;
  }

  /** Whether what comes is to be known within some milliseconds, at the cost of a few hundredths of a core. */
  hurry(on: boolean): void {
    this.#ingest.hurry(on);
  }

  /** Resolves when spans have been made of all that is in the ring now. */
  drain(): Promise<void> {
    return this.#ingest.drain();
  }

  /** Drains a last time; what waits for its root is decided on then. Idempotent. */
  async close(): Promise<void> {
    await this.#ingest.close();
    this.#here?.finish();
  }

  /** The frame of a batch follows those of the type names that its spans needed. */
  #takeBatch(batch: Batch): void {
    this.#asking?.takeBatch(batch);
    this.#here?.takeBatch(batch);
    this.#recorder?.write({ kind: 'batch', bytes: batch.u8.buffer as ArrayBuffer });
  }
}

/** Is it to be answered by a frame? */
const isAnswered = ({ kind }: StageMessage): boolean => kind === 'type_name_wanted' || kind === 'code_wanted';

/** The exporters behind the sinks, if each is one that can be built in the thread. */
function movable(sinks: readonly SpanSink[]): readonly OtlpExport[] | undefined {
  const exports = sinks.flatMap((sink) => exportBehind(sink) ?? []);
  return exports.length > 0 && exports.length === sinks.length ? exports : undefined;
}
