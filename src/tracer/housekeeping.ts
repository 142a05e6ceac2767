/** What has to be done now and then: the clock followed, the context maps swept, run times measured. */

const ROUND_MS = 2_000;
/** Run statistics cost every BPF program on the host, so they are on for 100 ms in 10 s. */
const MEASURE_EVERY_ROUNDS = 5;
const MEASURE_MS = 100;

export interface Chores {
  clock(): void;
  sweep(): Promise<void>;
  measure(on: boolean): void;
  onFailure(error: Error): void;
}

export class Housekeeping {
  readonly #chores: Chores;
  readonly #timer: NodeJS.Timeout;
  #measuring: NodeJS.Timeout | undefined;
  #round = 0;
  #sweeping: Promise<void> = Promise.resolve();

  /** Starts; keeps no process alive. */
  constructor(chores: Chores) {
    this.#chores = chores;
    this.#timer = setInterval(() => this.#tick(), ROUND_MS).unref();
  }

  /** Stops, and resolves when no chore is under way any more. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopMeasuring();
    await this.#sweeping;
  }

  #tick(): void {
    this.#chores.clock();
    this.#sweeping = this.#sweeping.then(() => this.#chores.sweep()).catch(this.#chores.onFailure);
    if (this.#round++ % MEASURE_EVERY_ROUNDS === 0) this.#measureFor(MEASURE_MS);
  }

  #measureFor(ms: number): void {
    this.#chores.measure(true);
    this.#measuring = setTimeout(() => this.#stopMeasuring(), ms).unref();
  }

  #stopMeasuring(): void {
    clearTimeout(this.#measuring);
    this.#chores.measure(false);
  }
}
