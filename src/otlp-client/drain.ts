/** Waits until all requests that were there at its beginning have an outcome, or until its deadline. */

/** What waits for it, as a request queue sums it up. */
interface Extent {
  readonly lastSequence: number;
  readonly requests: number;
  readonly spans: number;
}

/** How a drain ended. */
export interface Drained {
  /** Spans without an outcome when the deadline came; 0 when it did not. */
  readonly left: number;
}

/** Beyond it, Node takes a delay for 1 ms. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** A delay that a timer takes: negative and NaN are none. */
export function timerMs(ms: number): number {
  return ms > 0 ? Math.min(ms, TIMER_MS_MAX) : 0;
}

export class Drain {
  readonly done: Promise<Drained>;
  readonly #lastSequence: number;
  readonly #timer: NodeJS.Timeout;
  #requestsLeft: number;
  #spansLeft: number;
  #finish: (drained: Drained) => void = () => {};

  /** Its timer is the only one of a delivery that keeps the process alive. */
  constructor({ lastSequence, requests, spans }: Extent, deadlineMs: number) {
    this.#lastSequence = lastSequence;
    this.#requestsLeft = requests;
    this.#spansLeft = spans;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#timer = setTimeout(() => this.#finish({ left: this.#spansLeft }), timerMs(deadlineMs));
    this.#finishIfEmpty();
  }

  /** A request has its outcome. */
  decided({ sequence, spans }: { readonly sequence: number; readonly spans: number }): void {
    if (sequence > this.#lastSequence) return;
    this.#requestsLeft--;
    this.#spansLeft -= spans;
    this.#finishIfEmpty();
  }

  #finishIfEmpty(): void {
    if (this.#requestsLeft > 0) return;
    clearTimeout(this.#timer);
    this.#finish({ left: 0 });
  }
}
