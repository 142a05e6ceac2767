/**
 * What code stands at the places that records name: asked for once for each place, and told later. What is made of it waits
 * meanwhile. Bounded.
 */
import { type CodeFrame, type CodePlace, placeKey } from '../correlate/code-place.ts';

/** Places of which the code is known; of more the oldest are asked for again. */
const KNOWN_MAX = 16_384;
/** What waits for code; more goes without. */
const WAITING_MAX = 4_096;

/** Asks for the frames at a place; they may come at once. */
export type AskCode = (place: CodePlace) => void;

interface Waiting {
  readonly targetId: number;
  /** Keys of the places whose code has not come yet. */
  readonly missing: Set<string>;
  readonly go: () => void;
}

export class CodeNames {
  readonly #ask: AskCode | undefined;
  readonly #known = new Map<string, readonly CodeFrame[]>();
  /** By each place that is missing. */
  readonly #asked = new Map<string, Waiting[]>();
  #waiting = 0;

  /** Without `ask` nothing waits. */
  constructor(ask: AskCode | undefined) {
    this.#ask = ask;
  }

  /** Innermost first; undefined if they are not known. */
  framesAt(place: CodePlace | undefined): readonly CodeFrame[] | undefined {
    return place && this.#known.get(placeKey(place));
  }

  /** Calls `go` once the code of all places is known: at once, or later; if it does not come, without. */
  whenKnown(targetId: number, places: readonly CodePlace[], go: () => void): void {
    const missing = new Map(
      places.map((place) => [placeKey(place), place] as const).filter(([key]) => !this.#known.has(key)),
    );
    if (missing.size === 0 || this.#ask === undefined || this.#waiting >= WAITING_MAX) {
      go();
      return;
    }
    const waiting: Waiting = { targetId, missing: new Set(missing.keys()), go };
    this.#waiting++;
    for (const [key, place] of missing) {
      const others = this.#asked.get(key);
      if (others) others.push(waiting);
      else {
        this.#asked.set(key, [waiting]);
        this.#ask(place);
      }
    }
  }

  take(place: CodePlace, frames: readonly CodeFrame[]): void {
    const key = placeKey(place);
    this.#known.delete(key);
    this.#known.set(key, frames);
    if (this.#known.size > KNOWN_MAX) this.#known.delete(this.#known.keys().next().value as string);
    const asking = this.#asked.get(key) ?? [];
    this.#asked.delete(key);
    for (const waiting of asking) {
      waiting.missing.delete(key);
      if (waiting.missing.size === 0) this.#release(waiting);
    }
  }

  /** Lets go on what waits for code that may not come any more: of one target, or of all. */
  giveUp(targetId?: number): void {
    const all = new Set([...this.#asked.values()].flat());
    for (const waiting of all) {
      if (targetId !== undefined && waiting.targetId !== targetId) continue;
      for (const key of waiting.missing) this.#forgetAsked(key, waiting);
      this.#release(waiting);
    }
  }

  #release({ go }: Waiting): void {
    this.#waiting--;
    go();
  }

  #forgetAsked(key: string, waiting: Waiting): void {
    const others = (this.#asked.get(key) ?? []).filter((other) => other !== waiting);
    if (others.length > 0) this.#asked.set(key, others);
    else this.#asked.delete(key);
  }
}
