/**
 * What probes cost the programs that they are in, from what was counted and measured: the traps, which the kernel's run
 * statistics do not have, and the probes' own programs, by windows in which these were on. Pure.
 */

/** What the run statistics of the kernel said of a program. */
export interface ProgramRuns {
  readonly runs: number;
  readonly runTimeNs: number;
}

/** By the names of programs. */
export type RunsByProgram = Readonly<Record<string, ProgramRuns>>;

/** Where they cannot be had, and before: what the programs of probes take about, measured on Linux 6.18 in a virtual machine. */
const USUAL_RUN_NS = 450;
/** As if it had been seen so often. */
const USUAL_RUNS = 200;
/** No program takes longer by itself: what is beyond is time in which others had the processor, which the kernel counts too. */
const RUN_NS_MAX = 5_000;
/** Of runs longer ago only so many count. */
const RUNS_KEPT = 5_000;

export class ProbeTime {
  readonly #known = new Map<string, { runs: number; ns: number }>();
  /** Of programs that no probe counts: those at the switches of threads, and clocks. Nanoseconds a second. */
  #restNsPerSecond = 0;
  /** Run statistics were there. */
  isMeasured = false;

  /** Takes in a window in which the run statistics were on. */
  takeWindow(
    before: RunsByProgram,
    after: RunsByProgram,
    probes: ReadonlySet<string>,
    lastedMs: number,
  ): void {
    let restNs = 0;
    for (const [name, { runs, runTimeNs }] of Object.entries(after)) {
      const ran = runs - (before[name]?.runs ?? 0);
      const took = Math.min(runTimeNs - (before[name]?.runTimeNs ?? 0), ran * RUN_NS_MAX);
      if (!probes.has(name)) restNs += took;
      else if (ran > 0) this.#add(name, ran, took);
    }
    this.#restNsPerSecond = (restNs / lastedMs) * 1_000;
    this.isMeasured = true;
  }

  #add(name: string, ran: number, took: number): void {
    const { runs, ns } = this.#of(name);
    const kept = Math.min(1, RUNS_KEPT / runs);
    this.#known.set(name, { runs: runs * kept + ran, ns: ns * kept + took });
  }

  #of(name: string): { readonly runs: number; readonly ns: number } {
    return this.#known.get(name) ?? { runs: USUAL_RUNS, ns: USUAL_RUNS * USUAL_RUN_NS };
  }

  /** Of so many hits in so long. `trapNsOf`: what the trap of a probe costs. */
  timeNs(
    hits: Readonly<Record<string, number>>,
    lastedMs: number,
    trapNsOf: (probe: string) => number,
  ): number {
    let sum = (this.#restNsPerSecond * lastedMs) / 1_000;
    for (const [probe, count] of Object.entries(hits)) {
      if (count === 0) continue;
      const { runs, ns } = this.#of(probe);
      sum += count * (trapNsOf(probe) + ns / runs);
    }
    return sum;
  }
}
