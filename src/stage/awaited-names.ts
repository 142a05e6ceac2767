/** Names of error types of one target, which are asked for once they are needed, and what waits for them. Bounded. */

/** What waits for one name; more goes without it. */
const WAITING_MAX = 1_024;

export class AwaitedNames {
  readonly #ask: ((address: number) => void) | undefined;
  readonly #names = new Map<number, string | null>();
  readonly #waiting = new Map<number, (() => void)[]>();

  /** `ask` asks for a name, which may be told at once. Without it nothing waits. */
  constructor(ask: ((address: number) => void) | undefined) {
    this.#ask = ask;
  }

  /** Undefined where it is not known, or not known yet. */
  of(address: number): string | undefined {
    return this.#names.get(address) ?? undefined;
  }

  /** Does it when the name is known: now, or later. An address of 0 has none. */
  when(address: number, then: () => void): void {
    if (address === 0 || this.#ask === undefined || this.#names.has(address)) {
      then();
      return;
    }
    const waiting = this.#waiting.get(address);
    if (waiting === undefined) {
      this.#waiting.set(address, [then]);
      this.#ask(address);
    } else if (waiting.length < WAITING_MAX) {
      waiting.push(then);
    } else {
      then();
    }
  }

  /** `null`: it has none. */
  tell(address: number, name: string | null): void {
    this.#names.set(address, name);
    const waiting = this.#waiting.get(address) ?? [];
    this.#waiting.delete(address);
    for (const then of waiting) then();
  }

  /** What waits goes without a name that may not come any more. */
  giveUp(): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const waiting of all) for (const then of waiting) then();
  }
}
