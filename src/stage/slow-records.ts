/** Which spans are slow, by their records: as `SlowRequests` has it, of requests and of what else is a local root. */
import type { Batch } from '../wire/batch.ts';
import { fieldAt } from '../wire/fields.ts';
import { routeOfRoot } from './family-roots.ts';
import { RouteIndex } from './route-index.ts';
import type { SlowRequests } from './slow-requests.ts';

const START_AT = fieldAt('EV_SPAN_END', 'start_ktime_ns');
const END_AT = fieldAt('EV_SPAN_END', 'end_ktime_ns');

export class SlowRecords {
  readonly #slow: SlowRequests;
  readonly #routes: RouteIndex;

  constructor(slow: SlowRequests) {
    this.#slow = slow;
    this.#routes = new RouteIndex(slow);
  }

  isSlow(batch: Batch, at: number): boolean {
    const route = this.#slow.isByRoute ? routeOfRoot(batch, at) : undefined;
    return this.#slow.isSlow(durationNs(batch.u32, at), route && this.#routes.timesOf(batch, at, route));
  }
}

/** Exact up to 104 days. */
function durationNs(u32: Uint32Array, at: number): number {
  const start = (at + START_AT) >>> 2;
  const end = (at + END_AT) >>> 2;
  const high = (u32[end + 1] as number) - (u32[start + 1] as number);
  return high * 2 ** 32 + (u32[end] as number) - (u32[start] as number);
}
