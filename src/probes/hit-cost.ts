/**
 * What a hit of a probe costs the traced program, before the probe's own program runs. Data and sums; pure.
 * Measured on Linux 6.18 in a virtual machine of 2 CPUs with empty programs: the ratios carry over to other machines,
 * the nanoseconds do not (on bare metal single-stepping costs about three times an emulated hit).
 */
import type { SiteClass } from '../binary/instruction.ts';

/** From the cheapest to the dearest that was measured, in nanoseconds. */
export interface CostNs {
  readonly min: number;
  readonly max: number;
}

export const COST_BY_CLASS: Readonly<Record<SiteClass, CostNs>> = {
  nop5: { min: 260, max: 260 },
  emulated: { min: 610, max: 750 },
  'single-stepped': { min: 9_300, max: 21_000 },
};

/** Before Linux 6.18 a 5-byte nop is single-stepped like any other instruction that is not emulated. */
export function costOf(siteClass: SiteClass, hasFastNop5: boolean): CostNs {
  return COST_BY_CLASS[siteClass === 'nop5' && !hasFastNop5 ? 'single-stepped' : siteClass];
}

/**
 * Hits of one keep-alive HTTP/1.1 request whose handler starts no goroutine and makes no call. Those of the scheduler are
 * the mean of a server that is busy (Go 1.26): an idle one waits more often.
 */
export const HITS_PER_PLAIN_REQUEST: Readonly<Record<string, number>> = {
  // net/http starts a goroutine per request that watches the connection.
  goroutine_birth: 1,
  http_server_start: 1,
  http_server_end: 1,
  // Only in programs that copy requests, where the ServeMux may set the pattern on a copy.
  http_server_route: 1,
  // Only in programs with another router.
  http_server_router: 1,
  goroutine_park: 1.95,
  goroutine_ready: 1,
  goroutine_ready_list: 0.12,
  goroutine_run: 3,
  // It allocates some kilobytes, which the slow ways hand out by more.
  alloc_span_begin: 0.19,
  alloc_span_end: 0.19,
  alloc_heap_begin: 0.17,
  alloc_heap_end: 0.17,
};

export function costTimes({ min, max }: CostNs, hits: number): CostNs {
  return { min: min * hits, max: max * hits };
}

export function sumOf(costs: readonly CostNs[]): CostNs {
  return costs.reduce((sum, cost) => ({ min: sum.min + cost.min, max: sum.max + cost.max }), {
    min: 0,
    max: 0,
  });
}
