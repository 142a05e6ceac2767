/** When to try again. Pure: the clock comes in. One back-off for a whole delivery, since all its requests go to one collector. */

const FIRST_PAUSE_MS = 250;
const PAUSE_MS_MAX = 5_000;
/** Between two tries while somebody waits for the end: a collector that is back is used within a deadline of a second. */
const URGENT_PAUSE_MS_MAX = 500;

/** Why to hurry: nobody waits, a flush waits (what it leaves stays queued), or what is left at the end is lost. */
export type Urgency = 'none' | 'flush' | 'shutdown';

/** Exponential, jittered by a fifth, and never shorter than what the collector asked for. */
export class BackOff {
  readonly #askedMsMax: number;
  #failures = 0;
  #failedAt = 0;
  #pauseMs = 0;
  #askedUntil = 0;

  /** No more than `askedMsMax` is waited because the collector asked for it. */
  constructor(askedMsMax: number) {
    this.#askedMsMax = askedMsMax;
  }

  /** Whether a try has failed and none that came after has been answered. */
  get isAway(): boolean {
    return this.#failures > 0;
  }

  /** A try failed: the next pause begins, twice as long as the last one. */
  failed(now: number, askedMs?: number): void {
    const meanMs = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, PAUSE_MS_MAX);
    this.#failures++;
    this.#failedAt = now;
    this.#pauseMs = meanMs * (0.8 + 0.4 * Math.random());
    this.asked(now, askedMs);
  }

  /** The collector wants to be left alone; negative and NaN say nothing. */
  asked(now: number, askedMs = 0): void {
    if (askedMs > 0) this.#askedUntil = Math.max(this.#askedUntil, now + Math.min(askedMs, this.#askedMsMax));
  }

  /** The collector has answered. */
  answered(): void {
    this.#failures = 0;
    this.#askedUntil = 0;
  }

  /** When the next try is due. Only a shutdown disregards what the collector asked for: nothing can be sent after it. */
  readyAt(urgency: Urgency): number {
    const pauseMs = urgency === 'none' ? this.#pauseMs : Math.min(this.#pauseMs, URGENT_PAUSE_MS_MAX);
    const ownAt = this.#failedAt + pauseMs;
    return urgency === 'shutdown' ? ownAt : Math.max(ownAt, this.#askedUntil);
  }
}
