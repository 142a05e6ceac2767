/** Which spans are slow, by their records: as `SlowRequests` has it, of requests and of what else is a local root. */
import type { RouteTimes } from '../verdict/route-times.ts';
import { type Batch, between64 } from '../wire/batch.ts';
import { fieldAt } from '../wire/fields.ts';
import { routeOfRoot } from './family-roots.ts';
import { RouteIndex } from './route-index.ts';
import type { SlowRequests } from './slow-requests.ts';

const START_AT = fieldAt('EV_SPAN_END', 'start_ktime_ns');
const END_AT = fieldAt('EV_SPAN_END', 'end_ktime_ns');

export class SlowRecords {
  readonly #slow: SlowRequests;
  readonly #routes: RouteIndex<RouteTimes | undefined>;

  constructor(slow: SlowRequests) {
    this.#slow = slow;
    this.#routes = new RouteIndex((targetId, route) => slow.timesOf(targetId, route));
  }

  isSlow(batch: Batch, at: number): boolean {
    const route = this.#slow.isByRoute ? routeOfRoot(batch, at) : undefined;
    return this.#slow.isSlow(durationNsAt(batch.u32, at), route && this.#routes.of(batch, at, route));
  }
}

/** Of the span whose record begins there. */
export const durationNsAt = (u32: Uint32Array, at: number): number =>
  between64(u32, at + START_AT, at + END_AT);
