/**
 * How goroutines went from state to state in a generation. Each thread tells of what it did in its own order; what several threads did
 * to one goroutine is put in order by the number that Go gives to each start and wake-up, not by their clocks.
 */
import { COROUTINE, STATE, type Transition, TransitionColumns } from './columns.ts';
import { argumentsOf, EVENT } from './events.ts';
import type { Batch } from './generations.ts';

type Change = Pick<Transition, 'state' | 'tick'> & Partial<Transition>;

/** That a generation may have, of 41 bytes each. */
export const TRANSITIONS_MAX = 8_000_000;

export class Transitions {
  #columns = new TransitionColumns();
  /** The goroutine that a thread runs; what is below 0 stands for one of which that is not yet known. */
  readonly #running: Map<number, number>;
  readonly #starts = new Map<number, number>();
  /** By thread, as another one tells it. */
  readonly #told = new Map<number, number>();
  /** All of them, also where there are too many to be kept. */
  count = 0;
  /** That belong to no goroutine that is known. */
  lost = 0;

  /** `running`: what each thread ran at the end of the generation before; it is kept up to date. */
  constructor(running: Map<number, number>) {
    this.#running = running;
  }

  /** There are so many that none of them is kept: with some of them missing, the others would tell what was not so. */
  get isTooMany(): boolean {
    return this.count > TRANSITIONS_MAX;
  }

  /** @throws {Error} That says what is wrong with it. */
  take({ thread, tick, events }: Batch): void {
    let now = tick;
    const args = [0, 0, 0, 0, 0];
    while (!events.isAtEnd) {
      const event = events.byte();
      const count = argumentsOf(event);
      if (count === undefined) throw new Error(`it is broken: there is no event ${event}`);
      for (let at = 0; at < count; at++) args[at] = events.number();
      now += args[0] as number;
      this.#event(thread, event, now, args);
    }
  }

  /** One goroutine after the other, each in its order. */
  *ordered(): Generator<Transition> {
    const { goroutine } = this.#columns;
    for (let row = 0; row < this.#columns.length; row++)
      if ((goroutine[row] as number) < 0)
        goroutine[row] = this.#told.get(-1 - (goroutine[row] as number)) ?? 0;
    for (const [thread, goroutine] of this.#running)
      if (goroutine < 0) this.#running.set(thread, this.#told.get(thread) ?? 0);
    for (const row of this.#columns.ordered()) {
      if (goroutine[row] === 0) this.lost++;
      else yield this.#columns.at(row);
    }
  }

  #event(thread: number, event: number, tick: number, args: readonly number[]): void {
    const [, first = 0, second = 0, third = 0, fourth = 0] = args;
    const by = Math.max(0, this.#current(thread));
    switch (event) {
      case EVENT.goCreate:
        this.#add(first, { state: STATE.runnable, tick, by, stack: second });
        break;
      case EVENT.goCreateBlocked:
        this.#add(first, { state: STATE.waiting, tick, by, stack: second });
        break;
      case EVENT.goCreateSyscall:
        this.#runs(thread, first, 0);
        this.#goesOn(thread, { state: STATE.syscall, tick });
        break;
      case EVENT.goStart:
        this.#runs(thread, first, second);
        this.#goesOn(thread, { state: STATE.running, tick });
        break;
      case EVENT.goUnblock:
        this.#add(first, { state: STATE.runnable, tick, by, order: second });
        break;
      case EVENT.goDestroy:
      case EVENT.goDestroySyscall:
        this.#leaves(thread, { state: STATE.gone, tick });
        break;
      case EVENT.goStop:
        this.#leaves(thread, { state: STATE.runnable, tick, reason: first, stack: second });
        break;
      case EVENT.goBlock:
        this.#leaves(thread, { state: STATE.waiting, tick, reason: first, stack: second });
        break;
      case EVENT.goSyscallBegin:
        this.#goesOn(thread, { state: STATE.syscall, tick, stack: second });
        break;
      case EVENT.goSyscallEnd:
        this.#goesOn(thread, { state: STATE.running, tick });
        break;
      case EVENT.goSyscallEndBlocked:
        this.#leaves(thread, { state: STATE.runnable, tick });
        break;
      case EVENT.goSwitch:
      case EVENT.goSwitchDestroy:
        this.#leaves(
          thread,
          event === EVENT.goSwitch
            ? { state: STATE.waiting, tick, reason: COROUTINE }
            : { state: STATE.gone, tick },
        );
        this.#runs(thread, first, second);
        this.#goesOn(thread, { state: STATE.running, tick });
        break;
      case EVENT.goStatus:
        this.#status(thread, first, second, { state: third, tick });
        break;
      case EVENT.goStatusStack:
        this.#status(thread, first, second, { state: third, tick, stack: fourth });
        break;
    }
  }

  #current(thread: number): number {
    return this.#running.get(thread) ?? -1 - thread;
  }

  #runs(thread: number, goroutine: number, order: number): void {
    this.#running.set(thread, goroutine);
    this.#starts.set(thread, order);
  }

  /** What the thread runs is in another state, and the thread still has it. */
  #goesOn(thread: number, change: Change): void {
    const order = this.#starts.get(thread) ?? 0;
    this.#add(this.#current(thread), { ...change, order });
  }

  #leaves(thread: number, change: Change): void {
    this.#goesOn(thread, change);
    this.#runs(thread, 0, 0);
  }

  #status(thread: number, goroutine: number, on: number, change: Change): void {
    const { state } = change;
    if (state < STATE.runnable || state > STATE.waiting)
      throw new Error(`it is broken: a goroutine in state ${state}`);
    this.#add(goroutine, { ...change, isStatus: true });
    if (state !== STATE.running && state !== STATE.syscall) return;
    if (on === thread) this.#runs(thread, goroutine, 0);
    else this.#told.set(on, goroutine);
  }

  /** What no goroutine did, a thread did for the runtime. */
  #add(goroutine: number, change: Change): void {
    if (goroutine === 0) return;
    this.count++;
    if (this.isTooMany) this.#columns = new TransitionColumns();
    else this.#columns.push({ order: 0, isStatus: false, reason: 0, stack: 0, by: 0, ...change, goroutine });
  }
}
