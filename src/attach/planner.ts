/**
 * Planning in a thread that ends soon after: it takes a quarter of a second, in which the main thread may have other
 * work, and the decoder of instructions takes 20 MB, which only the end of its thread gives back.
 */
import { Worker } from 'node:worker_threads';
import { type ErrorCode, GoidspanError } from '../errors.ts';
import type { AttachPlan } from '../probes/plan.ts';
import { threadError, workerPath } from '../worker-path.ts';
import type { ProgramOptions } from './plan-program.ts';

/** So long the thread waits for the next program: one that is just being started may start others. */
const LINGER_MS = 5_000;

export interface PlanQuestion {
  readonly id: number;
  readonly path: string;
  readonly options: ProgramOptions;
}

export interface PlanAnswer {
  readonly id: number;
  /** One of the three is there. */
  readonly plan?: AttachPlan;
  readonly refusal?: { readonly code: ErrorCode; readonly message: string };
  readonly failure?: Error;
}

interface Waiting {
  readonly resolve: (plan: AttachPlan) => void;
  readonly reject: (error: Error) => void;
}

export class Planner {
  readonly #options: ProgramOptions;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #leaving: NodeJS.Timeout | undefined;
  #lastId = 0;

  constructor(options: ProgramOptions) {
    this.#options = options;
  }

  /** Plans the program at `path`, which this process can open. Throws as `planProgram` does, or `shim_unusable`. */
  plan(path: string): Promise<AttachPlan> {
    clearTimeout(this.#leaving);
    return new Promise((resolve, reject) => {
      this.#worker ??= this.#start();
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, path, options: this.#options } satisfies PlanQuestion);
    });
  }

  /** Ends the thread, and what it was asked. Idempotent. */
  async close(): Promise<void> {
    clearTimeout(this.#leaving);
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(workerPath('attach/plan-worker'), { name: 'goidspan-plan' });
    worker.on('message', (answer: PlanAnswer) => this.#receive(answer));
    worker.on('error', (error) => this.#fail(threadError('plan', error)));
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#fail(new Error('the planning thread has ended'));
    });
    return worker;
  }

  #receive({ id, plan, refusal, failure }: PlanAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (plan) waiting?.resolve(plan);
    else if (refusal) waiting?.reject(new GoidspanError(refusal.code, refusal.message));
    else waiting?.reject(failure ?? new Error('the planning thread gave no answer'));
    if (this.#waiting.size > 0) return;
    this.#worker?.unref();
    this.#leaving = setTimeout(() => this.close(), LINGER_MS).unref();
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
