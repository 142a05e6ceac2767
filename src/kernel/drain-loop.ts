/**
 * Empties the ring buffer on a timer: every 10 ms while records flow, if nobody wants it otherwise, up to every 100 ms when
 * idle. Runs in the thread that drains; interprets nothing.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { type Handle, loadNative, type Native } from './native.ts';

const BUSY_MS = 10;
/** Seldom enough that an idle agent stays below 0.5 % of a core; the ring takes 100,000 spans/s for longer. */
const IDLE_MS = 100;
const HURRY_MS = 2;

/** The largest ring there is. */
const TOTAL_MAX = 2 ** 30;

export interface DrainLoopOptions {
  /** Of one batch; the largest record must fit. */
  readonly batchBytes: number;
  /** Between two batches, while records flow. Default 10. */
  readonly busyMs?: number | undefined;
  /** Takes the records in the first `bytes` of the buffer, which is written over when it returns. */
  readonly onBatch: (buffer: ArrayBuffer, bytes: number) => void;
  /** Asked before each batch: false leaves the records in the ring, which then fills and counts. */
  readonly mayGoOn: () => boolean;
  readonly onFailure: (errno: number) => void;
}

export class DrainLoop {
  readonly #native: Native = loadNative();
  readonly #handle: Handle;
  readonly #options: DrainLoopOptions;
  readonly #batch: Uint8Array<ArrayBuffer>;
  readonly #busyMs: number;
  #delayMs: number;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #hurries = false;

  constructor(handle: Handle, options: DrainLoopOptions) {
    this.#handle = handle;
    this.#options = options;
    this.#busyMs = options.busyMs ?? BUSY_MS;
    this.#delayMs = this.#busyMs;
    this.#batch = new Uint8Array(options.batchBytes);
  }

  /**
   * Lets this thread run only when nothing else wants its processor, as long as the ring does not fill; not where the right
   * to leave that priority lacks (CAP_SYS_NICE).
   */
  drainWhenIdle(): void {
    this.#native.drainWhenIdle(this.#handle);
  }

  /** Drains now and then until `stop`. After a full batch at once, but not before the thread has seen to its sockets. */
  start(): void {
    const bytes = this.#drainOne();
    if (bytes >= this.#batch.length / 2) {
      this.#immediate = setImmediate(() => this.start());
      return;
    }
    this.#delayMs = bytes > 0 ? this.#busyMs : Math.min(this.#delayMs * 1.5, IDLE_MS);
    this.#timer = setTimeout(() => this.start(), this.#hurries ? HURRY_MS : this.#delayMs);
  }

  /** Whether to look every two milliseconds. */
  hurry(on: boolean): void {
    this.#hurries = on;
    if (!on || this.#timer === undefined) return;
    this.stop();
    this.start();
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  /** Takes out what is in the ring now, a batch in each turn of the thread, so that it sees to its sockets meanwhile. */
  async drain(): Promise<void> {
    let total = 0;
    // What comes in meanwhile must not hold it for ever.
    for (let bytes = 1; bytes > 0 && total < TOTAL_MAX; total += bytes) {
      bytes = this.#drainOne();
      if (bytes > 0) await turn();
    }
  }

  /** Returns the bytes of the batch. */
  #drainOne(): number {
    const { onBatch, mayGoOn, onFailure } = this.#options;
    if (!mayGoOn()) return 0;
    const bytes = this.#native.drain(this.#handle, this.#batch);
    if (bytes > 0) onBatch(this.#batch.buffer, bytes);
    if (bytes < 0) onFailure(-bytes);
    return Math.max(0, bytes);
  }
}
