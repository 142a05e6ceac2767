/** When targets are looked at deeper since a route has become slow, and for how long. Pure: it is told the time. */

/** So long they are. */
export const RAISE_MS = 60_000;
/**
 * So long they are not again, whatever becomes slow: deeper for a sixth of the time at most. What has lasted for as long is usual
 * by then, and no reason any more.
 */
const REST_MS = 300_000;

export class RaiseController {
  #endsAtMs: number | undefined;
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  get isRaised(): boolean {
    return this.#endsAtMs !== undefined;
  }

  /** A route is slow: are they looked at deeper from now on? */
  begin(nowMs: number): boolean {
    if (this.isRaised || nowMs < this.#notBeforeMs) return false;
    this.#endsAtMs = nowMs + RAISE_MS;
    return true;
  }

  isOver(nowMs: number): boolean {
    return this.#endsAtMs !== undefined && nowMs >= this.#endsAtMs;
  }

  /** They are not any more; nothing changes if they were not. */
  end(nowMs: number): void {
    if (!this.isRaised) return;
    this.#endsAtMs = undefined;
    this.#notBeforeMs = nowMs + REST_MS;
  }
}
