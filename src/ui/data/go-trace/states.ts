/** The times that goroutines spent in their states, over all generations of a trace. */
import { COROUTINE, STATE, type Transition } from './columns.ts';
import type { Frame, Generation } from './generations.ts';
import { Transitions } from './transitions.ts';

/** A goroutine was in a state from a tick to another, in which it left it or the trace ended. */
export interface StateTime {
  readonly goroutine: number;
  readonly state: number;
  readonly from: number;
  readonly to: number;
  /** Whether the trace tells of its beginning, and of its end. */
  readonly isWhole: boolean;
  /** Why, as Go says it; empty where it does not. */
  readonly reason: string;
  /** Where, the innermost first; empty where Go does not tell. */
  readonly stack: readonly NamedFrame[];
  /** The goroutine that has ended it; 0: none did, or it is not known. */
  readonly endedBy: number;
}

export interface NamedFrame {
  readonly function: string;
  readonly file: string;
  readonly line: number;
}

type Open = Omit<StateTime, 'goroutine' | 'to' | 'endedBy'>;

/** That are there at once, or are counted. */
export const GOROUTINES_MAX = 500_000;
const NOWHERE: readonly NamedFrame[] = [];

export class States {
  readonly #open = new Map<number, Open>();
  readonly #running = new Map<number, number>();
  readonly #told: (time: StateTime) => void;
  /** Changes of state, and what of them had no room or belongs to nobody. */
  changes = 0;
  lost = 0;
  first = Number.POSITIVE_INFINITY;
  last = Number.NEGATIVE_INFINITY;

  constructor(told: (time: StateTime) => void) {
    this.#told = told;
  }

  /** @throws {Error} That says what is wrong with it. */
  take(generation: Generation): void {
    const transitions = new Transitions(this.#running);
    for (const batch of generation.batches) transitions.take(batch);
    if (transitions.isTooMany) {
      this.lost += transitions.count;
      this.#open.clear();
      this.#running.clear();
      return;
    }
    const stacks = new Map<number, readonly NamedFrame[]>();
    for (const transition of transitions.ordered()) this.#change(transition, generation, stacks);
    this.lost += transitions.lost;
  }

  /** Nothing comes any more. */
  end(): void {
    for (const [goroutine, open] of this.#open)
      if (open.from < this.last)
        this.#told({ ...open, goroutine, to: this.last, isWhole: false, endedBy: 0 });
    this.#open.clear();
  }

  #change(transition: Transition, generation: Generation, stacks: Map<number, readonly NamedFrame[]>): void {
    const { goroutine, state, tick, isStatus, by } = transition;
    const open = this.#open.get(goroutine);
    this.first = Math.min(this.first, tick);
    this.last = Math.max(this.last, tick);
    if (isStatus && open?.state === state) return;
    this.changes++;
    if (open) this.#told({ ...open, goroutine, to: Math.max(open.from, tick), endedBy: by });
    if (state === STATE.gone) {
      this.#open.delete(goroutine);
      return;
    }
    if (!open && this.#open.size === GOROUTINES_MAX) {
      this.lost++;
      return;
    }
    this.#open.set(goroutine, {
      state,
      from: tick,
      isWhole: !isStatus,
      reason: reasonOf(transition, generation),
      stack: stackOf(transition, generation, stacks),
    });
  }
}

function reasonOf({ reason }: Transition, { texts }: Generation): string {
  return reason === COROUTINE ? 'coroutine' : (texts.get(reason) ?? '');
}

function stackOf(
  { stack }: Transition,
  { texts, stacks }: Generation,
  known: Map<number, readonly NamedFrame[]>,
): readonly NamedFrame[] {
  if (stack === 0) return NOWHERE;
  let named = known.get(stack);
  if (named === undefined) {
    const text = (index: number): string => texts.get(index) ?? '';
    named = (stacks.get(stack) ?? []).map(({ name, file, line }: Frame) => ({
      function: text(name),
      file: text(file),
      line,
    }));
    known.set(stack, named);
  }
  return named;
}
