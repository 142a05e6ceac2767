/** The main thread's end of the draining thread. */
import { Worker } from 'node:worker_threads';
import { GoidspanError } from '../errors.ts';
import { errnoName } from '../kernel/errno.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { OtlpExport } from '../otlp-client/otlp-export.ts';
import type { InstrumentationScope } from '../span/readable-span.ts';
import type { StatementForm } from '../span/statement-form.ts';
import { type Batch, batchOf } from '../wire/batch.ts';
import { threadError, workerPath } from '../worker-path.ts';
import type { ExportData, FromIngest, IngestData, IngestReport, ToIngest } from './ingest-protocol.ts';
import { RemoteExport } from './remote-export.ts';

/**
 * Some hundred spans, so that a thread that exports sees to its sockets after each request's worth of them: with 1 MiB it
 * encoded eight requests in a turn, of which four could leave, and lost the others as `queue_full` before a quick collector.
 */
const BATCH_BYTES = 1 << 17;
const QUEUED_BYTES_MAX = 64 << 20;

/** What a thread says that exports, beside its reports. */
export type ExportMessage = Exclude<
  FromIngest,
  { readonly kind: 'batch' | 'failed' | 'done' | 'report' | 'export_failed' }
>;

/** What comes out of the thread; from one that exports, no batches. */
export interface IngestSink {
  onBatch(batch: Batch): void;
  onFailure(error: GoidspanError): void;
  onMessage?(message: ExportMessage): void;
}

/** Moves the way out into the thread: it then makes the spans there. */
export interface IngestExport {
  readonly export: OtlpExport;
  readonly scope: InstrumentationScope;
  readonly dbStatement: StatementForm | undefined;
}

function exportDataOf({ export: way, scope, dbStatement }: IngestExport): ExportData {
  return { settings: way.settings, scope, dbStatement };
}

export class Ingest {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, () => void>();
  readonly #remote: RemoteExport | undefined;
  #nextId = 1;
  #ended = false;
  #hurries = false;

  /** Starts draining. The thread keeps the process alive only while somebody waits for it. */
  constructor(kernel: Kernel, sink: IngestSink, moved?: IngestExport) {
    const workerData: IngestData = {
      handle: kernel.handle,
      batchBytes: BATCH_BYTES,
      queuedBytesMax: QUEUED_BYTES_MAX,
      ...(moved && { export: exportDataOf(moved) }),
    };
    this.#worker = new Worker(workerPath('ingest/ingest-worker'), { workerData, name: 'goidspan-ingest' });
    if (moved) {
      this.#remote = new RemoteExport(moved.export, (kind, deadlineMs) =>
        this.#ask((id) => ({ kind, id, deadlineMs })),
      );
    }
    this.#worker.on('message', (message: FromIngest) => this.#receive(message, sink));
    this.#worker.on('error', (cause) => {
      sink.onFailure(threadError('drain the ring buffer', cause));
      this.#end();
    });
    this.#worker.on('exit', () => this.#end());
    // Last: a listener for messages holds the process again.
    this.#worker.unref();
  }

  /** What the thread has counted that it last said; undefined of a thread that does not export. */
  get report(): IngestReport | undefined {
    return this.#remote?.report;
  }

  /** Tells a thread that exports what spans are made with, or of a span that was ended from outside. */
  tell(frame: Extract<ToIngest, { kind: 'frame' }>['frame']): void {
    if (this.#remote && !this.#ended) this.#post({ kind: 'frame', frame });
  }

  /** Whether what comes is to be known within some milliseconds, at the cost of a few hundredths of a core. */
  hurry(on: boolean): void {
    if (this.#hurries !== on) this.#post({ kind: 'hurry', on });
    this.#hurries = on;
  }

  /** Resolves when everything that is in the ring now has been handed to the sink, or taken in by the thread. */
  drain(): Promise<void> {
    return this.#ask((id) => ({ kind: 'drain', id, last: false }));
  }

  /** Drains a last time and ends the thread; one that exports ends when its way out is shut down. Idempotent. */
  async close(): Promise<void> {
    await this.#ask((id) => ({ kind: 'drain', id, last: true }));
    if (!this.#remote) await this.#worker.terminate();
    else void this.#remote.closed.then(() => this.#worker.terminate());
  }

  #ask(messageOf: (id: number) => ToIngest): Promise<void> {
    if (this.#ended) return Promise.resolve();
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#worker.ref();
      this.#post(messageOf(id));
    });
  }

  #post(message: ToIngest): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromIngest, sink: IngestSink): void {
    switch (message.kind) {
      case 'batch':
        sink.onBatch(batchOf(message.buffer));
        this.#post({ kind: 'taken', bytes: message.buffer.byteLength });
        break;
      case 'done':
        this.#waiting.get(message.id)?.();
        this.#waiting.delete(message.id);
        if (this.#waiting.size === 0) this.#worker.unref();
        break;
      case 'failed':
        sink.onFailure(
          new GoidspanError('kernel_refused', `cannot drain the ring buffer: ${errnoName(message.errno)}`),
        );
        break;
      case 'report':
      case 'export_failed':
        this.#remote?.receive(message);
        break;
      default:
        sink.onMessage?.(message);
    }
  }

  #end(): void {
    this.#ended = true;
    this.#remote?.lost();
    for (const resolve of this.#waiting.values()) resolve();
    this.#waiting.clear();
  }
}
