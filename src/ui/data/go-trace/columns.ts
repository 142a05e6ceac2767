/** Changes of state in columns: a busy program has millions of them in a second. */

/** As Go numbers them in its events. */
export const STATE = { gone: 0, runnable: 1, running: 2, syscall: 3, waiting: 4 } as const;

export interface Transition {
  readonly goroutine: number;
  readonly state: number;
  readonly tick: number;
  /** Of the last start or wake-up of the goroutine within the generation; 0: none yet. */
  readonly order: number;
  /** It is only said how it is: when it came to be so is not known. */
  readonly isStatus: boolean;
  /** Why it waits: a text of the generation, 0 for none, or {@link COROUTINE}. */
  readonly reason: number;
  /** Where: a stack of the generation; 0: none. */
  readonly stack: number;
  /** The goroutine that has made or woken it; 0: none has. */
  readonly by: number;
}

/** Of a goroutine that has let another one go on in its place. */
export const COROUTINE = 0xffff_ffff;
const FIRST_ROWS = 4096;

export class TransitionColumns {
  goroutine = new Float64Array(FIRST_ROWS);
  #tick = new Float64Array(FIRST_ROWS);
  #order = new Uint32Array(FIRST_ROWS);
  #state = new Uint8Array(FIRST_ROWS);
  #isStatus = new Uint8Array(FIRST_ROWS);
  #reason = new Uint32Array(FIRST_ROWS);
  #stack = new Uint32Array(FIRST_ROWS);
  #by = new Float64Array(FIRST_ROWS);
  length = 0;

  push(transition: Transition): void {
    if (this.length === this.goroutine.length) this.#grow();
    const row = this.length++;
    this.goroutine[row] = transition.goroutine;
    this.#tick[row] = transition.tick;
    this.#order[row] = transition.order;
    this.#state[row] = transition.state;
    this.#isStatus[row] = Number(transition.isStatus);
    this.#reason[row] = transition.reason;
    this.#stack[row] = transition.stack;
    this.#by[row] = transition.by;
  }

  at(row: number): Transition {
    return {
      goroutine: this.goroutine[row] as number,
      state: this.#state[row] as number,
      tick: this.#tick[row] as number,
      order: this.#order[row] as number,
      isStatus: this.#isStatus[row] === 1,
      reason: this.#reason[row] as number,
      stack: this.#stack[row] as number,
      by: this.#by[row] as number,
    };
  }

  /** Rows of one goroutine after the other, each in its order. */
  ordered(): Uint32Array {
    const places = new Map<number, number>();
    for (let row = 0; row < this.length; row++) {
      const goroutine = this.goroutine[row] as number;
      places.set(goroutine, (places.get(goroutine) ?? 0) + 1);
    }
    let end = 0;
    for (const [goroutine, count] of places) {
      places.set(goroutine, end);
      end += count;
    }
    const rows = new Uint32Array(this.length);
    for (let row = 0; row < this.length; row++) {
      const goroutine = this.goroutine[row] as number;
      const place = places.get(goroutine) as number;
      rows[place] = row;
      places.set(goroutine, place + 1);
    }
    // Each place is now where the next goroutine begins.
    let begin = 0;
    for (const next of places.values()) {
      rows.subarray(begin, next).sort((a, b) => this.#compare(a, b));
      begin = next;
    }
    return rows;
  }

  #compare(a: number, b: number): number {
    return (
      (this.#order[a] as number) - (this.#order[b] as number) ||
      (this.#tick[a] as number) - (this.#tick[b] as number) ||
      a - b
    );
  }

  #grow(): void {
    const rows = 2 * this.length;
    const floats = (column: Float64Array): Float64Array<ArrayBuffer> => {
      const larger = new Float64Array(rows);
      larger.set(column);
      return larger;
    };
    const words = (column: Uint32Array): Uint32Array<ArrayBuffer> => {
      const larger = new Uint32Array(rows);
      larger.set(column);
      return larger;
    };
    const bytes = (column: Uint8Array): Uint8Array<ArrayBuffer> => {
      const larger = new Uint8Array(rows);
      larger.set(column);
      return larger;
    };
    this.goroutine = floats(this.goroutine);
    this.#tick = floats(this.#tick);
    this.#by = floats(this.#by);
    this.#order = words(this.#order);
    this.#reason = words(this.#reason);
    this.#stack = words(this.#stack);
    this.#state = bytes(this.#state);
    this.#isStatus = bytes(this.#isStatus);
  }
}
