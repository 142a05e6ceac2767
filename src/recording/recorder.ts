/**
 * Writes a recording. Each frame is in the file when its call returns, so memory stays bounded and a recorder that is
 * killed leaves everything up to its last whole frame.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { GoidspanError, remedyOf } from '../errors.ts';
import { wireLayout } from '../wire/wire.gen.ts';
import type { Frame, StartFrame } from './format.ts';
import { WIRE_HASH_TEXT } from './read-recording.ts';
import { frameBytes, headerBytes } from './write-frame.ts';

/** Takes everything that spans are made of, in the order in which it is used. Never throws. */
export interface FrameSink {
  write(frame: Frame): void;
}

export class Recorder implements FrameSink {
  readonly path: string;
  readonly #fd: number;
  readonly #onFailure: (error: GoidspanError) => void;
  #bytes = 0;
  #batches = 0;
  #hasFailed = false;
  #isOpen = true;

  /**
   * Creates the file, or empties it. `onFailure` is told once, when it cannot be written any more.
   * @throws {GoidspanError} `cannot_write`.
   */
  static create(
    path: string,
    start: Omit<StartFrame, 'kind' | 'wireHash' | 'layout'>,
    onFailure: (error: GoidspanError) => void,
  ): Recorder {
    let recorder: Recorder;
    try {
      recorder = new Recorder(path, openSync(path, 'w', 0o600), onFailure);
      recorder.#append(headerBytes());
    } catch (cause) {
      throw writeError(path, cause as Error);
    }
    recorder.write({ kind: 'start', wireHash: WIRE_HASH_TEXT, ...start, layout: wireLayout });
    return recorder;
  }

  private constructor(path: string, fd: number, onFailure: (error: GoidspanError) => void) {
    this.path = path;
    this.#fd = fd;
    this.#onFailure = onFailure;
  }

  write(frame: Frame): void {
    if (this.#hasFailed || !this.#isOpen) return;
    try {
      this.#append(frameBytes(frame));
      if (frame.kind === 'batch') this.#batches++;
    } catch (cause) {
      this.#hasFailed = true;
      this.#onFailure(writeError(this.path, cause as Error));
    }
  }

  /** Everything that was handed over is in the file. */
  get isWhole(): boolean {
    return !this.#hasFailed;
  }

  /** What the file holds. */
  get size(): { readonly bytes: number; readonly batches: number } {
    return { bytes: this.#bytes, batches: this.#batches };
  }

  /** Idempotent. */
  close(): void {
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false;
  }

  #append(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    this.#bytes += bytes.length;
  }
}

function writeError(path: string, cause: Error): GoidspanError {
  return new GoidspanError(
    'cannot_write',
    `cannot write the recording ${path}: ${cause.message} (${remedyOf(cause.message, 'choose another -o, or make room')})`,
    { cause },
  );
}
