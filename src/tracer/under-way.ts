/** Work that uses the kernel's handle: who closes it waits for that. */
export class UnderWay {
  readonly #works = new Set<Promise<unknown>>();
  readonly #onFailure: (error: unknown) => void;

  /** `onFailure` is told of what fails and is nobody's business else. */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Passes on how the work ends. */
  hold<T>(work: Promise<T>): Promise<T> {
    this.#works.add(work);
    return work.finally(() => this.#works.delete(work));
  }

  /** Never rejects. */
  track(work: Promise<unknown>): Promise<void> {
    return this.hold(work.then(() => {}, this.#onFailure));
  }

  /** Resolves when nothing of what is under way now is so any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#works);
  }
}
