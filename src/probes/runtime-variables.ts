/**
 * Where variables of the Go runtime are in a program: by the symbol table, and in a program without one by what
 * instructions of the runtime refer to them. What is not found for sure is not found. Pure.
 */

import type { DataReference } from '../binary/data-reference.ts';
import type { GoBinary } from '../binary/go-binary.ts';
import { FROM_NUMGC, GFREE_SIZE_AT, type RuntimeLayout, runtimeLayout } from './runtime-layout.ts';

/** Link-time addresses, and offsets in what they point to; what is not known is absent. Plain data. */
export interface RuntimeVariables {
  /** `int32`. */
  readonly gomaxprocs?: number;
  /** How many goroutine structs there are, `uintptr`. */
  readonly allglen?: number;
  /** Slice of `*runtime.p`. */
  readonly allp?: number;
  /** Each an `int32`: free structs, those of the runtime itself, goroutines in the global queue. */
  readonly gFree?: readonly number[];
  readonly ngsys?: number;
  readonly runqsize?: number;
  /** Offsets in `runtime.p`. */
  readonly p?: ProcessorOffsets;
  /** `int32`; negative: the collector is off. */
  readonly gcPercent?: number;
  /** `int64`, bytes. */
  readonly memoryLimit?: number;
  /** `uint64`, bytes: since the last mark, and what that has marked. */
  readonly heapLive?: number;
  readonly heapMarked?: number;
  /** `uint64`, bytes: all that was ever allocated. */
  readonly totalAlloc?: number;
  /** `uint32`; around it the statistics of `FROM_NUMGC`. */
  readonly numgc?: number;
}

export interface ProcessorOffsets {
  readonly id: number;
  readonly runqhead: number;
  readonly runqtail: number;
  readonly runnext: number;
  readonly gFree: number;
}

/** What runs goroutines, whose fields are in the type data. */
export const PROCESSOR = 'runtime.p';

const symbols = ['gomaxprocs', 'allglen', 'allp', 'sched', 'gcController', 'memstats'] as const;
type Variable = (typeof symbols)[number];

const functionNames = [
  'procresize',
  'GOMAXPROCS',
  'schedtrace',
  'allgadd',
  'gcinit',
  'gcMarkTermination',
] as const;
const controllerInit = 'runtime.(*gcControllerState).init';

export function runtimeVariables(binary: GoBinary): RuntimeVariables {
  const layout = runtimeLayout(binary.goVersion);
  const named = binary.variables(symbols.map((name) => `runtime.${name}`));
  const code = new RuntimeCode(binary);
  const at = (name: Variable, decoded: () => number | undefined): number | undefined =>
    named.get(`runtime.${name}`) ?? decoded();
  const sched = layout && at('sched', () => code.sched(layout));
  const controller = layout && at('gcController', () => code.gcController());
  const p = processorOffsets(binary);
  return withoutUndefined({
    gomaxprocs: at('gomaxprocs', () => code.gomaxprocs()),
    allglen: at('allglen', () => code.allglen()),
    allp: at('allp', () => code.allp()),
    ...(layout && sched !== undefined && movedBy(layout.sched, sched)),
    ...(layout && controller !== undefined && controllerFields(layout.gcController, controller)),
    p,
    // Its place in `runtime.mstats` differs, what is around it does not.
    numgc: code.numgc(),
  });
}

const movedBy = ({ gFree, ngsys, runqsize }: RuntimeLayout['sched'], sched: number) => ({
  gFree: gFree.map((offset) => sched + offset),
  ngsys: sched + ngsys,
  runqsize: sched + runqsize,
});

const controllerFields = (
  { gcPercent, memoryLimit, heapLive, heapMarked, totalAlloc }: RuntimeLayout['gcController'],
  controller: number,
) => ({
  gcPercent: controller + gcPercent,
  memoryLimit: controller + memoryLimit,
  heapLive: controller + heapLive,
  heapMarked: controller + heapMarked,
  totalAlloc: controller + totalAlloc,
});

function processorOffsets(binary: GoBinary): ProcessorOffsets | undefined {
  const offset = (field: string): number | undefined => binary.fieldOffset(PROCESSOR, field);
  const [id, runqhead, runqtail, runnext, gFree] = [
    offset('id'),
    offset('runqhead'),
    offset('runqtail'),
    offset('runnext'),
    offset('gFree'),
  ];
  const isKnown = id !== undefined && runqhead !== undefined && runqtail !== undefined;
  if (!isKnown || runnext === undefined || gFree === undefined) return undefined;
  return { id, runqhead, runqtail, runnext, gFree: gFree + GFREE_SIZE_AT };
}

/** Functions of the runtime that are in every program, and the variables that they refer to. */
class RuntimeCode {
  readonly #binary: GoBinary;
  readonly #references = new Map<string, readonly DataReference[]>();

  constructor(binary: GoBinary) {
    this.#binary = binary;
    const functions = binary.functions([...functionNames.map((name) => `runtime.${name}`), controllerInit]);
    for (const [name, fn] of functions) this.#references.set(name, binary.dataReferencesOf(fn));
  }

  /**
   * `func procresize(nprocs int32) *p` begins with `old := gomaxprocs` and changes it; `func GOMAXPROCS(n int) int` reads it
   * as the first variable, if it is linked.
   */
  gomaxprocs(): number | undefined {
    const [first, ...others] = this.#variablesOf('procresize');
    if (first?.bytes !== 4 || !others.some(({ address }) => address === first.address)) return undefined;
    const read = this.#variablesOf('GOMAXPROCS').find(({ bytes }) => bytes === 4);
    return read === undefined || read.address === first.address ? first.address : undefined;
  }

  /** `allgadd` does `atomicstorep(&allgptr, …); atomic.Storeuintptr(&allglen, …); unlock(&allglock)` at its end, and begins with that lock. */
  allglen(): number | undefined {
    const addresses = this.#variablesOf('allgadd').filter(({ bytes }) => bytes === 0);
    const [lock, unlock, length] = [addresses[0], addresses.at(-1), addresses.at(-2)];
    if (lock === undefined || lock.address !== unlock?.address) return undefined;
    const uses = addresses.filter(({ address }) => address === length?.address);
    return uses.length === 1 ? length?.address : undefined;
  }

  /** The first slice of `procresize`: of its three words the middle one, the length, is read first. */
  allp(): number | undefined {
    const references = this.#variablesOf('procresize');
    const words = new Set(
      references.filter(({ bytes }) => bytes === 8 || bytes === 0).map(({ address }) => address),
    );
    const length = references.find(
      ({ address, bytes }) => bytes === 8 && words.has(address - 8) && words.has(address + 8),
    );
    return length && length.address - 8;
  }

  /** `GOMAXPROCS` and `schedtrace` begin with `lock(&sched.lock)`. */
  sched({ sched }: RuntimeLayout): number | undefined {
    const locks = ['GOMAXPROCS', 'schedtrace'].flatMap(
      (name) => this.#variablesOf(name).find(({ bytes }) => bytes === 0)?.address ?? [],
    );
    const [lock] = locks;
    return lock !== undefined && locks.length === 2 && locks[1] === lock ? lock - sched.lock : undefined;
  }

  /** `gcinit` calls `gcController.init(…)`: the last address that is computed before. */
  gcController(): number | undefined {
    const fn = this.#binary.functions(['runtime.gcinit']).get('runtime.gcinit');
    const init = this.#binary.functions([controllerInit]).get(controllerInit)?.entry;
    if (fn === undefined || init === undefined) return undefined;
    const calls = this.#binary.instructionsOf(fn).filter((i) => i.op === 'call' && i.target === init);
    const [call] = calls;
    if (call === undefined || calls.length > 1) return undefined;
    const before = this.#variablesOf('gcinit').filter(({ vaddr }) => vaddr < call.vaddr);
    const last = before.at(-1);
    return last?.bytes === 0 ? last.address : undefined;
  }

  /** `gcMarkTermination` writes all that is around it, at distances that nothing else has. */
  numgc(): number | undefined {
    const references = this.#variablesOf('gcMarkTermination');
    const known = new Set(references.map(({ address }) => address));
    const distances = Object.values(FROM_NUMGC);
    const found = [...known].filter((address) =>
      distances.every((distance) => known.has(address + distance)),
    );
    return found.length === 1 ? found[0] : undefined;
  }

  #variablesOf(name: string): readonly DataReference[] {
    const references = this.#references.get(`runtime.${name}`) ?? [];
    return references.filter(({ address }) => this.#binary.isVariable(address));
  }
}

function withoutUndefined(
  values: { readonly [Name in keyof RuntimeVariables]: RuntimeVariables[Name] | undefined },
) {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as RuntimeVariables;
}
