/** Says why exports fail: the first time at once, then at most once a minute for each cause. */
import type { ExportFailure } from './export-failure.ts';

/** Between two messages of one cause. A down collector would otherwise write a line for every batch. */
const QUIET_MS = 60_000;

/** Turns failures into rate-limited messages. */
export class FailureReporter {
  readonly #destination: string;
  readonly #report: (message: string) => void;
  readonly #saidAtByReason = new Map<string, number>();

  /** `destination` is named in each message: a URL or a path. */
  constructor(destination: string, report: (message: string) => void) {
    this.#destination = destination;
    this.#report = report;
  }

  failed(failure: ExportFailure): void {
    const now = performance.now();
    const saidAt = this.#saidAtByReason.get(failure.reason);
    if (saidAt !== undefined && now - saidAt < QUIET_MS) return;
    this.#saidAtByReason.set(failure.reason, now);
    this.#report(`cannot export to ${this.#destination}: ${failure.cause} (${failure.remedy})`);
  }
}
