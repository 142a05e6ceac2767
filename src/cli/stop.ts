/** When a session has to stop: a signal, the end of its time, a closed output. Owns the signal handlers. */
import { exitCodeOfSignal } from './exit-code.ts';

/** Why. */
export type StopReason = NodeJS.Signals | 'duration' | 'output_closed';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Stops once; a second signal ends the process at once, leaving the cleaning to the kernel. */
export class Stop {
  /** Resolves with the first reason. */
  readonly reason: Promise<StopReason>;
  #resolve: (reason: StopReason) => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #hasSignal = false;
  #isDue = false;

  constructor() {
    this.reason = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  /** There is a reason. */
  get isDue(): boolean {
    return this.#isDue;
  }

  /** The time starts when this is called. */
  after(seconds: number): void {
    this.#timer = setTimeout(() => this.now('duration'), seconds * 1_000);
  }

  now(reason: StopReason): void {
    clearTimeout(this.#timer);
    this.#isDue = true;
    this.#resolve(reason);
  }

  /** Gives the signals back. */
  dispose(): void {
    clearTimeout(this.#timer);
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#hasSignal) process.exit(exitCodeOfSignal(signal));
    this.#hasSignal = true;
    this.now(signal);
  };
}
