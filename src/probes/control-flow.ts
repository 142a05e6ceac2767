/** Which instruction may run after which, inside one function. */

import type { Instruction } from '../binary/instruction.ts';

/** A way from one instruction to another. */
export interface Edge {
  /** Index of the instruction that runs next. */
  readonly to: number;
  readonly taken: boolean;
}

/** A function's instructions with their successors. */
export class ControlFlow {
  readonly instructions: readonly Instruction[];
  readonly #indexByVaddr: ReadonlyMap<number, number>;
  readonly #jumpTargets: ReadonlySet<number>;
  readonly #noReturn: ReadonlySet<number>;

  /** `noReturn` are the entries of functions that never return, such as `runtime.gopanic`. */
  constructor(instructions: readonly Instruction[], noReturn: ReadonlySet<number>) {
    this.instructions = instructions;
    this.#noReturn = noReturn;
    this.#indexByVaddr = new Map(instructions.map((i, index) => [i.vaddr, index]));
    this.#jumpTargets = new Set(
      instructions.flatMap((i) => ('target' in i && i.op !== 'call' ? [i.target] : [])),
    );
  }

  /** Index of the instruction that starts at the address; undefined if none of the function does. */
  indexAt(vaddr: number): number | undefined {
    return this.#indexByVaddr.get(vaddr);
  }

  /** Whether a jump of the function goes to the instruction, so that it can be reached past the one before it. */
  isJumpTarget(index: number): boolean {
    const instruction = this.instructions[index];
    return instruction !== undefined && this.#jumpTargets.has(instruction.vaddr);
  }

  /** Index of the instruction that control reaches from `index` by falling through, over nops and plain jumps. */
  nextOperation(index: number): number | undefined {
    for (let at = index + 1, steps = 0; steps < 64; steps++) {
      const instruction = this.instructions[at];
      if (!instruction) return undefined;
      if (instruction.op === 'nop') at += 1;
      else if (instruction.op === 'jump') {
        const target = this.indexAt(instruction.target);
        if (target === undefined) return undefined;
        at = target;
      } else return at;
    }
    return undefined;
  }

  /** Index of the instruction from which control falls through to `index`, over nops; undefined if a jump gets in between. */
  previousOperation(index: number): number | undefined {
    for (let at = index; at > 0 && !this.isJumpTarget(at); at--) {
      if (this.instructions[at - 1]?.op !== 'nop') return at - 1;
    }
    return undefined;
  }

  /** Indexes of the instructions that may run next. Jumps out of the function lead nowhere. */
  successors(index: number): number[] {
    return this.edges(index).map((edge) => edge.to);
  }

  /** Where control may go from an instruction, and whether a jump takes it there. */
  edges(index: number): Edge[] {
    const instruction = this.instructions[index];
    if (!instruction) return [];
    const next = this.#edge(index + 1, false);
    switch (instruction.op) {
      case 'return':
      case 'trap':
      case 'jump_indirect':
        return [];
      case 'call':
        return this.#noReturn.has(instruction.target) ? [] : next;
      case 'jump':
        return this.#edge(this.indexAt(instruction.target), true);
      case 'branch':
        return [...next, ...this.#edge(this.indexAt(instruction.target), true)];
      default:
        return next;
    }
  }

  #edge(to: number | undefined, taken: boolean): Edge[] {
    return to !== undefined && to < this.instructions.length ? [{ to, taken }] : [];
  }
}
