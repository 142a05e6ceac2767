/**
 * What code stands where, asked of a thread of its own: a program whose tables have not been read takes milliseconds, which
 * neither the draining thread nor the application has.
 */
import { Worker } from 'node:worker_threads';
import type { CodeFrame } from '../correlate/code-place.ts';
import { threadError, workerPath } from '../worker-path.ts';
import type { PlacedStack } from './symbolize.ts';

/** So long the thread waits for the next question. What it has read goes with it. */
const LINGER_MS = 60_000;

export interface SymbolQuestion {
  readonly id: number;
  readonly path: string;
  readonly stack: PlacedStack;
}

export interface SymbolAnswer {
  readonly id: number;
  /** Innermost first; none outside the program's Go code. */
  readonly frames: readonly CodeFrame[];
  readonly failure?: string;
}

/** A program whose file can be opened at `openPath` while it is asked about. */
export interface NamedProgram {
  readonly path: string;
  readonly openPath: string;
}

interface Waiting {
  readonly program: NamedProgram;
  readonly resolve: (frames: readonly CodeFrame[]) => void;
}

export class Symbols {
  readonly #waiting = new Map<number, Waiting>();
  readonly #onFailure: (message: string) => void;
  #worker: Worker | undefined;
  #leaving: NodeJS.Timeout | undefined;
  #lastId = 0;
  #hasFailed = false;

  /** `onFailure` is told once. */
  constructor(onFailure: (message: string) => void) {
    this.#onFailure = onFailure;
  }

  /** The frames of a stack of a program; none if that cannot be read. */
  framesOf(program: NamedProgram, stack: PlacedStack): Promise<readonly CodeFrame[]> {
    clearTimeout(this.#leaving);
    return new Promise((resolve) => {
      try {
        this.#worker ??= this.#start();
      } catch (error) {
        this.#fail((error as Error).message);
        resolve([]);
        return;
      }
      const id = ++this.#lastId;
      this.#waiting.set(id, { program, resolve });
      this.#worker.postMessage({ id, path: program.openPath, stack } satisfies SymbolQuestion);
    });
  }

  /** Ends the thread, and what it was asked. Idempotent. */
  async close(): Promise<void> {
    clearTimeout(this.#leaving);
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(workerPath('symbols/symbol-worker'), { name: 'goidspan-symbols' });
    worker.on('message', (answer: SymbolAnswer) => this.#receive(answer));
    worker.on('error', (error) => this.#fail(threadError('read symbols', error).message));
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      for (const { resolve } of this.#waiting.values()) resolve([]);
      this.#waiting.clear();
    });
    worker.unref();
    return worker;
  }

  #receive({ id, frames, failure }: SymbolAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (failure !== undefined) this.#fail(failure.replace('the executable', waiting?.program.path ?? ''));
    waiting?.resolve(frames);
    if (this.#waiting.size === 0) this.#leaving = setTimeout(() => this.close(), LINGER_MS).unref();
  }

  #fail(message: string): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#onFailure(`cannot tell where in their code goroutines are: ${message}`);
  }
}
