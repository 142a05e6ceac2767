/** The main thread's end of the draining thread. */
import { Worker } from 'node:worker_threads';
import { GoidspanError } from '../errors.ts';
import { errnoName } from '../kernel/errno.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { OtlpExport } from '../otlp-client/otlp-export.ts';
import type { CallSeries } from '../stage/call-counts.ts';
import { noSpans } from '../stage/counters.ts';
import type { StageFrame, StageMessage, StageReport, StageSettings } from '../stage/record-stage.ts';
import { type Batch, batchOf } from '../wire/batch.ts';
import { threadError, workerPath } from '../worker-path.ts';
import type { FromIngest, IngestData, ToIngest } from './ingest-protocol.ts';
import { RemoteSink } from './remote-sink.ts';
import { transferablesOf } from './sink-plan.ts';

/**
 * Some hundred spans, so that a thread with the stage in it sees to its sockets after each request's worth of them: with 1 MiB it
 * encoded eight requests in a turn, of which four could leave, and lost the others as `queue_full` before a quick collector.
 */
const BATCH_BYTES = 1 << 17;
/** Where a tenth of all spans is made, or less: no more of them in a batch, and no more work in a turn, than else. */
const LITTLE = { batchBytes: 4 * BATCH_BYTES, busyMs: 50 } as const;
const QUEUED_BYTES_MAX = 64 << 20;

/** What comes out of the thread: batches, or what the stage in it says. */
export interface IngestSink {
  onBatch(batch: Batch): void;
  onFailure(error: GoidspanError): void;
  onMessage?(message: StageMessage): void;
}

export interface IngestOptions {
  /** Nearly nothing is made of the records: they may be taken in seldom, many at a time. Default false. */
  readonly makesLittle?: boolean | undefined;
  /** The thread runs when nothing else wants its processor. */
  readonly idlePriority: boolean;
  /** Moves the stage into the thread. */
  readonly moved?: MovedStage | undefined;
}

/** The stage, and the exporters that move with it. */
export interface MovedStage {
  readonly exports: readonly OtlpExport[];
  readonly settings: StageSettings;
}

const NOTHING_YET: StageReport = {
  spans: noSpans(),
  notKept: 0,
  telemetryExports: 0,
  countsByTarget: new Map(),
  lost: {},
  drained: { batches: 0, records: 0, bytes: 0, timeMs: 0 },
};

export class Ingest {
  readonly #kernel: Kernel;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, () => void>();
  /** One for each sink in the thread; undefined if the stage is not there. */
  readonly #remotes: readonly RemoteSink[] | undefined;
  #report = NOTHING_YET;
  /** By their ids. */
  readonly #calls = new Map<number, CallSeries>();
  #nextId = 1;
  #ended = false;
  #hurries = false;
  #isUrgent = false;

  /** Starts draining. The thread keeps the process alive only while somebody waits for it. */
  constructor(kernel: Kernel, sink: IngestSink, { makesLittle = false, idlePriority, moved }: IngestOptions) {
    this.#kernel = kernel;
    const sinks = moved?.exports.map((of) => of.plan());
    const workerData: IngestData = {
      handle: kernel.handle,
      batchBytes: makesLittle ? LITTLE.batchBytes : BATCH_BYTES,
      queuedBytesMax: QUEUED_BYTES_MAX,
      busyMs: makesLittle ? LITTLE.busyMs : undefined,
      idlePriority,
      ...(moved && sinks && { stage: { sinks, settings: moved.settings } }),
    };
    this.#worker = new Worker(workerPath('ingest/ingest-worker'), {
      workerData,
      transferList: sinks?.flatMap(transferablesOf) ?? [],
      name: 'goidspan-ingest',
    });
    this.#remotes = moved?.exports.map(
      (of, place) =>
        new RemoteSink(of, (kind, deadlineMs) => this.#ask((id) => ({ kind, id, sink: place, deadlineMs }))),
    );
    this.#worker.on('message', (message: FromIngest) => this.#receive(message, sink));
    this.#worker.on('error', (cause) => {
      sink.onFailure(threadError('drain the ring buffer', cause));
      this.#end();
    });
    this.#worker.on('exit', () => this.#end());
    // Last: a listener for messages holds the process again.
    this.#worker.unref();
  }

  /** What the stage in the thread had counted when it last said so. */
  get report(): StageReport {
    return this.#report;
  }

  /** How long calls took, as the stage in the thread had counted when it last said so. */
  get calls(): readonly CallSeries[] {
    return [...this.#calls.values()];
  }

  /** The stage in the thread counts calls from now on, or does not. */
  countCalls(on: boolean): void {
    if (!this.#ended) this.#post({ kind: 'count_calls', on });
  }

  /** To the stage in the thread. */
  tell(frame: StageFrame): void {
    if (frame.kind === 'forget') this.#forgetCalls(frame.targetId);
    if (!this.#ended) this.#post({ kind: 'frame', frame });
  }

  /** Whether what comes is to be known within some milliseconds, at the cost of a few hundredths of a core. */
  hurry(on: boolean): void {
    if (this.#hurries === on) return;
    this.#hurries = on;
    this.#tellUrgency();
    this.#post({ kind: 'hurry', on });
  }

  /** Resolves when everything that is in the ring now has been handed to the sink, or taken in by the thread. */
  drain(): Promise<void> {
    return this.#ask((id) => ({ kind: 'drain', id, last: false }));
  }

  /** Drains a last time and ends the thread; one with sinks in it ends when the last of them is shut down. Idempotent. */
  async close(): Promise<void> {
    await this.#ask((id) => ({ kind: 'drain', id, last: true }));
    if (!this.#remotes) await this.#worker.terminate();
    else void Promise.all(this.#remotes.map(({ closed }) => closed)).then(() => this.#worker.terminate());
  }

  #ask(messageOf: (id: number) => ToIngest): Promise<void> {
    if (this.#ended) return Promise.resolve();
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#tellUrgency();
      this.#worker.ref();
      this.#post(messageOf(id));
    });
  }

  /** A thread of idle priority must not let anybody wait. */
  #tellUrgency(): void {
    const isUrgent = this.#hurries || this.#waiting.size > 0;
    if (this.#isUrgent !== isUrgent) this.#kernel.drainUrgently(isUrgent);
    this.#isUrgent = isUrgent;
  }

  #post(message: ToIngest): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromIngest, sink: IngestSink): void {
    switch (message.kind) {
      case 'batch': {
        const bytes = message.buffer.byteLength;
        sink.onBatch(batchOf(message.buffer));
        // Whatever else waits for this thread comes first.
        setImmediate(() => this.#post({ kind: 'taken', bytes }));
        break;
      }
      case 'done':
        this.#waiting.get(message.id)?.();
        this.#waiting.delete(message.id);
        this.#tellUrgency();
        if (this.#waiting.size === 0) this.#worker.unref();
        break;
      case 'failed':
        sink.onFailure(
          new GoidspanError('kernel_refused', `cannot drain the ring buffer: ${errnoName(message.errno)}`),
        );
        break;
      case 'report':
        this.#report = message.report;
        for (const series of message.calls) this.#calls.set(series.id, series);
        for (const [place, report] of message.sinks.entries()) this.#remotes?.[place]?.receive(report);
        break;
      case 'export_failed':
        this.#remotes?.[message.sink]?.failed(message.failure);
        break;
      default:
        sink.onMessage?.(message);
    }
  }

  #forgetCalls(targetId: number): void {
    for (const series of this.#calls.values()) {
      if (series.targetId === targetId) this.#calls.delete(series.id);
    }
  }

  #end(): void {
    this.#ended = true;
    for (const remote of this.#remotes ?? []) remote.lost();
    for (const resolve of this.#waiting.values()) resolve();
    this.#waiting.clear();
  }
}
