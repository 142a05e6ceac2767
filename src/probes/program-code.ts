/** The functions of a program that planning asks for, each decoded once. */

import type { GoBinary, GoFunction } from '../binary/go-binary.ts';
import { ControlFlow } from './control-flow.ts';

/** Calls of these end a path. */
const noReturn: readonly string[] = [
  'runtime.gopanic',
  'runtime.panicIndex',
  'runtime.panicBounds',
  'runtime.panicSliceAlen',
  'runtime.panicSliceAcap',
  'runtime.panicSliceB',
  'runtime.panicdivide',
  'runtime.panicnil',
  'runtime.panicdottypeE',
  'runtime.panicdottypeI',
  'runtime.panicnildottype',
  'runtime.panicwrap',
];

export class ProgramCode {
  readonly binary: GoBinary;
  /** Those of the asked ones that the program has, by name. */
  readonly functions: ReadonlyMap<string, GoFunction>;
  readonly #noReturn: ReadonlySet<number>;
  readonly #flows = new Map<string, ControlFlow>();

  constructor(binary: GoBinary, symbols: readonly string[]) {
    this.binary = binary;
    this.functions = binary.functions([...symbols, ...noReturn]);
    this.#noReturn = new Set(noReturn.flatMap((name) => this.functions.get(name)?.entry ?? []));
  }

  flowOf(fn: GoFunction): ControlFlow {
    const known = this.#flows.get(fn.name);
    if (known) return known;
    const flow = new ControlFlow(this.binary.instructionsOf(fn), this.#noReturn);
    this.#flows.set(fn.name, flow);
    return flow;
  }

  /** Does it call the function of that name? */
  calls(fn: GoFunction, symbol: string): boolean {
    const target = this.functions.get(symbol)?.entry;
    return this.flowOf(fn).instructions.some((i) => i.op === 'call' && i.target === target);
  }
}
