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
  /** Undefined: the kernel. */
  readonly path: string | undefined;
  readonly stack: PlacedStack;
}

export interface SymbolAnswer {
  readonly id: number;
  /** Innermost first; none outside the program's Go code. Of the kernel never none. */
  readonly frames: readonly CodeFrame[];
  readonly failure?: string;
}

/** A program whose file can be opened at `openPath` while it is asked about. */
export interface NamedProgram {
  readonly path: string;
  readonly openPath: string;
}

/** Who waits for an answer, and what it is about: a program, or the kernel. */
interface Waiting {
  readonly program: NamedProgram | undefined;
  readonly resolve: (frames: readonly CodeFrame[]) => void;
}

export class Symbols {
  readonly #waiting = new Map<number, Waiting>();
  readonly #onFailure: (message: string) => void;
  #worker: Worker | undefined;
  #leaving: NodeJS.Timeout | undefined;
  #lastId = 0;
  readonly #said = new Set<string>();

  /** `onFailure` is told once of programs, and once of the kernel. */
  constructor(onFailure: (message: string) => void) {
    this.#onFailure = onFailure;
  }

  /** The frames of a stack of a program; none if that cannot be read. */
  framesOf(program: NamedProgram, stack: PlacedStack): Promise<readonly CodeFrame[]> {
    return this.#ask(program, stack);
  }

  /** The frames of a stack of the kernel, by the last 48 bits of its addresses. */
  kernelFramesOf(pcs: readonly number[]): Promise<readonly CodeFrame[]> {
    return this.#ask(undefined, { place: { pc: 0, link: 0 }, pcs });
  }

  #ask(program: NamedProgram | undefined, stack: PlacedStack): Promise<readonly CodeFrame[]> {
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
      this.#worker.postMessage({ id, path: program?.openPath, stack } satisfies SymbolQuestion);
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
    const asked = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (failure !== undefined) this.#fail(failure, asked);
    asked?.resolve(frames);
    if (this.#waiting.size === 0) this.#leaving = setTimeout(() => this.close(), LINGER_MS).unref();
  }

  #fail(message: string, asked?: Waiting): void {
    const isOfKernel = asked !== undefined && asked.program === undefined;
    const what = isOfKernel ? 'what the kernel does for goroutines' : 'where in their code goroutines are';
    if (this.#said.has(what)) return;
    this.#said.add(what);
    this.#onFailure(`cannot tell ${what}: ${message.replace('the executable', asked?.program?.path ?? '')}`);
  }
}
