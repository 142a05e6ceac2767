/** Frames of stacks by the numbers that records name them by. Bounded: the kernel tells them again before those here are gone. */
import { type EvStack, stackFlag, stackLimit } from '../wire/wire.gen.ts';

/** Program counters, innermost first. */
export interface Stack {
  readonly pcs: readonly number[];
  /** There are more frames. */
  readonly isCut: boolean;
}

/** Twice as many as the kernel remembers to have told. */
const STACKS_MAX = 32_768;

export class Stacks {
  readonly #byId = new Map<number, Stack>();

  add({ header, stackId, frames, pc }: EvStack): void {
    this.#byId.delete(stackId);
    const pcs = pc.slice(0, Math.min(frames, stackLimit.STACK_FRAMES_MAX));
    this.#byId.set(stackId, { pcs, isCut: (header.flags & stackFlag.STACK_FLAG_CUT) !== 0 });
    if (this.#byId.size <= STACKS_MAX) return;
    for (const oldest of this.#byId.keys()) {
      this.#byId.delete(oldest);
      return;
    }
  }

  get(stackId: number): Stack | undefined {
    return this.#byId.get(stackId);
  }
}
