/** Says that spans were lost: at once, then at most once a minute, with all that was lost since. */

const QUIET_MS = 60_000;

export class LossReporter {
  readonly #destination: string;
  readonly #report: (message: string) => void;
  readonly #lost = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  /** `destination` is named in each message. */
  constructor(destination: string, report: (message: string) => void) {
    this.#destination = destination;
    this.#report = report;
  }

  lost(reason: string, spans: number): void {
    this.#lost.set(reason, (this.#lost.get(reason) ?? 0) + spans);
    if (this.#timer !== undefined) return;
    this.#say();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#lost.size > 0) this.#say();
    }, QUIET_MS).unref();
  }

  #say(): void {
    const spans = [...this.#lost.values()].reduce((sum, count) => sum + count, 0);
    const reasons = [...this.#lost].map(([reason, count]) => `${reason} ${count}`).join(', ');
    this.#lost.clear();
    this.#report(`lost ${spans} spans on the way to ${this.#destination}: ${reasons}`);
  }
}
