/** What was measured of a program for a while, and what it is set to: all that advice may be about. Plain data. */

/** What is not known is absent. */
export interface Measurement {
  /** How long it was measured. */
  readonly seconds: number;
  /** CPU time that it has used meanwhile. */
  readonly cpuNs: number;
  /** Requests that it has served. */
  readonly requests: number;
  /** Nanoseconds of these by the keys of `goidspan.breakdown`. */
  readonly requestNs: Readonly<Record<string, number>>;
  /** Processors that it may run on. */
  readonly processors?: number;
  /** Bytes of memory that the host has. */
  readonly hostMemoryBytes: number;
  /** Threads that may run goroutines at once; absent also if it has changed meanwhile. */
  readonly gomaxprocs?: number;
  /** As `GOGC`; negative: off; absent also if it has changed meanwhile. */
  readonly gcPercent?: number;
  /** As `GOMEMLIMIT`; null: none; absent also if it has changed meanwhile. */
  readonly memoryLimitBytes?: number | null;
  /** What the last cycle of the collector has found in use. */
  readonly liveHeapBytes?: number;
  readonly collector?: Collected;
  /** Processors' worth of time that its cgroups let it use; null: as much as there is. */
  readonly cpuLimit?: number | null;
  /** Periods of that limit, those in which it was used up, and for how long threads were held back in these. */
  readonly throttled?: { readonly periods: number; readonly throttledPeriods: number; readonly ns: number };
  /** Bytes of memory that its cgroups let it use; null: as many as there are. */
  readonly cgroupMemoryBytes?: number | null;
  readonly pools: readonly PoolMeasurement[];
}

/** What the garbage collector did, by its own statistics. */
export interface Collected {
  readonly cycles: number;
  /** Of these, cycles that the program has asked for (`runtime.GC`). */
  readonly forced: number;
  /** Bytes of the heap that were allocated meanwhile. */
  readonly allocatedBytes: number;
  /** CPU time, of those who help it and of stopped processors too. */
  readonly cpuNs: number;
  /** CPU time of the program between the same two moments. */
  readonly ofCpuNs: number;
  readonly pauseNs: number;
}

/** Calls of `database/sql` that waited for a connection of one pool, and others to its database. */
export interface PoolMeasurement {
  /** As a person would call the database. */
  readonly name: string;
  /** Connections that it may have. */
  readonly max: number;
  readonly calls: number;
  readonly callNs: number;
  /** Of these, calls that had to wait for a connection, and how long. */
  readonly waits: number;
  readonly waitNs: number;
}
