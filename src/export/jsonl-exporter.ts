/** Writes spans to a file as OTLP JSON: one `ExportTraceServiceRequest` a line. */
import { type FileHandle, open } from 'node:fs/promises';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { GoidspanError, remedyOf } from '../errors.ts';
import type { ReadableSpan } from '../span/readable-span.ts';
import type { ExportResult, SpanExporter } from './span-sink.ts';

/** Lines are written one after another; a failed one does not spoil the next. */
export class JsonlExporter implements SpanExporter {
  readonly #file: FileHandle;
  #lastWrite: Promise<void> = Promise.resolve();
  #lineIsTorn = false;
  #closing: Promise<void> | undefined;

  /**
   * Creates the file, or empties it.
   * @throws {GoidspanError} `cannot_write`.
   */
  static async open(path: string): Promise<JsonlExporter> {
    try {
      return new JsonlExporter(await open(path, 'w'));
    } catch (error) {
      throw new GoidspanError(
        'cannot_write',
        `cannot write ${path}: ${(error as Error).message} (${remedyOf((error as Error).message, 'choose another --out')})`,
        { cause: error },
      );
    }
  }

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    const line = JsonTraceSerializer.serializeRequest(spans);
    if (!line) {
      done({ code: 1, error: new Error('the spans could not be serialized') });
      return;
    }
    this.#lastWrite = this.#lastWrite
      .then(() => this.#write(line))
      .then(
        () => done({ code: 0 }),
        (error: Error) => done({ code: 1, error }),
      );
  }

  async forceFlush(): Promise<void> {
    await this.#lastWrite;
  }

  /** Closes the file after the last line. Idempotent. */
  shutdown(): Promise<void> {
    this.#closing ??= this.#lastWrite.then(() => this.#file.close());
    return this.#closing;
  }

  async #write(line: Uint8Array): Promise<void> {
    const text = Buffer.concat([Buffer.from(this.#lineIsTorn ? '\n' : ''), line, Buffer.from('\n')]);
    this.#lineIsTorn = true;
    await this.#file.writeFile(text);
    this.#lineIsTorn = false;
  }
}
