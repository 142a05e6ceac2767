/**
 * What the Go runtime of a process says of itself, read from its memory. Owns what is believed: a value that cannot be is left
 * out, with all that depends on it.
 */

import { FROM_NUMGC } from '../probes/runtime-layout.ts';
import type { RuntimeVariables } from '../probes/runtime-variables.ts';
import { ProcessMemory } from '../process/memory.ts';

/** What is not known is absent. Plain data. */
export interface RuntimeFacts {
  readonly gomaxprocs?: number;
  /** As `runtime.NumGoroutine` counts them. */
  readonly goroutines?: number;
  /** Goroutines that could run and wait for their turn, in the queues of all processors and the global one. */
  readonly queued?: number;
  /** As `GOGC`; negative: the collector is off. */
  readonly gcPercent?: number;
  /** As `GOMEMLIMIT`, in bytes; null: there is none. */
  readonly memoryLimitBytes?: number | null;
  /** Bytes of the heap that are in use, or not known to be free yet. */
  readonly heapLiveBytes?: number;
  /** Bytes of the heap that the last cycle of the collector has found in use; 0 before the first. */
  readonly heapMarkedBytes?: number;
  /** Bytes of the heap that were allocated since the start, without those of the last few allocations of each size. */
  readonly allocatedBytes?: number;
  readonly collector?: CollectorFacts;
}

/** What the collector has counted by the end of its last cycle. */
export interface CollectorFacts {
  readonly cycles: number;
  /** Of these, cycles that the program has asked for (`runtime.GC`). */
  readonly forcedCycles: number;
  readonly pauseTotalNs: number;
  /** Of the processors' time since the start, those counted that the runtime may use, what it took: 0 to 1. */
  readonly cpuFraction: number;
  /** Kernel time (CLOCK_MONOTONIC) at which the last cycle ended; 0 before the first. */
  readonly lastEndKtimeNs: number;
}

/** The runtime takes no more (`maxGomaxprocs` was the last bound that it had); more processors than any machine has. */
const PROCS_MAX = 1 << 16;
const POINTER_BYTES = 8;
/** `math.MaxInt64`. */
const NO_LIMIT = 2n ** 63n - 1n;
/** Bytes that a heap can have: addresses have 48 bits. */
const HEAP_MAX = 2 ** 48;
/** More is no number that can be relied on. */
const ALLOCATED_MAX = Number.MAX_SAFE_INTEGER;
/** Entries of `runtime.p.runq`. */
const QUEUE_MAX = 256;

/** Nothing of a process that has gone, or may not be read. */
export function readRuntimeFacts(pid: number, loadBias: number, variables: RuntimeVariables): RuntimeFacts {
  const memory = ProcessMemory.open(pid);
  if (memory === undefined) return {};
  try {
    return new RuntimeReader(memory, loadBias, variables).facts();
  } finally {
    memory.close();
  }
}

class RuntimeReader {
  readonly #memory: ProcessMemory;
  readonly #loadBias: number;
  readonly #at: RuntimeVariables;

  constructor(memory: ProcessMemory, loadBias: number, at: RuntimeVariables) {
    this.#memory = memory;
    this.#loadBias = loadBias;
    this.#at = at;
  }

  facts(): RuntimeFacts {
    const gomaxprocs = within(this.#int32(this.#at.gomaxprocs), 1, PROCS_MAX);
    const processors = gomaxprocs === undefined ? undefined : this.#processors(gomaxprocs);
    const values = {
      gomaxprocs,
      goroutines: processors && this.#goroutines(processors),
      queued: processors && this.#queued(processors),
      gcPercent: within(this.#int32(this.#at.gcPercent), -1, 2 ** 31 - 1),
      memoryLimitBytes: this.#memoryLimit(),
      heapLiveBytes: within(this.#uint64(this.#at.heapLive), 0, HEAP_MAX),
      heapMarkedBytes: within(this.#uint64(this.#at.heapMarked), 0, HEAP_MAX),
      allocatedBytes: within(this.#uint64(this.#at.totalAlloc), 0, ALLOCATED_MAX),
      collector: this.#collector(),
    };
    return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  }

  /** Addresses of the `runtime.p`, if each is what it should be. */
  #processors(count: number): readonly number[] | undefined {
    const { allp, p } = this.#at;
    if (allp === undefined || p === undefined) return undefined;
    const slice = this.#memory.read(allp + this.#loadBias, 3 * POINTER_BYTES);
    // Between the two reads the number may have changed.
    if (slice === undefined || slice.readBigUInt64LE(8) !== BigInt(count)) return undefined;
    const list = this.#memory.read(Number(slice.readBigUInt64LE(0)), count * POINTER_BYTES);
    const addresses = Array.from({ length: count }, (_, i) => Number(list?.readBigUInt64LE(i * 8) ?? 0n));
    const areOurs = addresses.every(
      (address, id) => this.#memory.read(address + p.id, 4)?.readInt32LE() === id,
    );
    return areOurs ? addresses : undefined;
  }

  /** `runtime.gcount`: all changes meanwhile, so that it may be off by some. */
  #goroutines(processors: readonly number[]): number | undefined {
    const { allglen, gFree, ngsys, p } = this.#at;
    const all = this.#uint64(allglen);
    if (all === undefined || gFree === undefined || p === undefined) return undefined;
    const fewer = [
      ...gFree.map((at) => this.#int32(at)),
      this.#int32(ngsys),
      ...processors.map((address) => this.#memory.read(address + p.gFree, 4)?.readInt32LE()),
    ];
    if (!fewer.every((count) => count !== undefined && count >= 0 && count <= all)) return undefined;
    return Math.max(
      1,
      fewer.reduce<number>((left, count) => left - (count ?? 0), all),
    );
  }

  #queued(processors: readonly number[]): number | undefined {
    const { runqsize, p } = this.#at;
    const global = this.#int32(runqsize);
    if (global === undefined || global < 0 || p === undefined) return undefined;
    let sum = global;
    for (const address of processors) {
      const head = this.#memory.read(address + p.runqhead, 4)?.readUInt32LE();
      const tail = this.#memory.read(address + p.runqtail, 4)?.readUInt32LE();
      const next = this.#memory.read(address + p.runnext, POINTER_BYTES)?.readBigUInt64LE();
      if (head === undefined || tail === undefined || next === undefined) return undefined;
      const queued = (tail - head) >>> 0;
      if (queued > QUEUE_MAX) return undefined;
      sum += queued + (next === 0n ? 0 : 1);
    }
    return sum;
  }

  #memoryLimit(): number | null | undefined {
    const bytes = this.#bytes(this.#at.memoryLimit, 8)?.readBigInt64LE();
    if (bytes === undefined || bytes < 0n) return undefined;
    return bytes === NO_LIMIT ? null : Number(bytes);
  }

  #collector(): CollectorFacts | undefined {
    const { numgc } = this.#at;
    if (numgc === undefined) return undefined;
    const cycles = this.#bytes(numgc, 4)?.readUInt32LE();
    const forcedCycles = this.#bytes(numgc + FROM_NUMGC.numForcedGc, 4)?.readUInt32LE();
    const pauseTotalNs = this.#uint64(numgc + FROM_NUMGC.pauseTotalNs);
    const cpuFraction = this.#bytes(numgc + FROM_NUMGC.gcCpuFraction, 8)?.readDoubleLE();
    const lastEndKtimeNs = this.#uint64(numgc + FROM_NUMGC.lastGcNanotime);
    if (forcedCycles === undefined || cycles === undefined || forcedCycles > cycles) return undefined;
    if (pauseTotalNs === undefined || lastEndKtimeNs === undefined) return undefined;
    if (within(cpuFraction, 0, 1) === undefined || cpuFraction === undefined) return undefined;
    return { cycles, forcedCycles, pauseTotalNs, cpuFraction, lastEndKtimeNs };
  }

  #int32(at: number | undefined): number | undefined {
    return this.#bytes(at, 4)?.readInt32LE();
  }

  #uint64(at: number | undefined): number | undefined {
    const value = this.#bytes(at, 8)?.readBigUInt64LE();
    return value === undefined ? undefined : Number(value);
  }

  /** Of a variable of the program. */
  #bytes(at: number | undefined, length: number): Buffer | undefined {
    return at === undefined ? undefined : this.#memory.read(at + this.#loadBias, length);
  }
}

function within(value: number | undefined, least: number, most: number): number | undefined {
  return value !== undefined && value >= least && value <= most ? value : undefined;
}
