/** Which spans are slow, by their records: as `SlowRequests` has it, of requests and of what else is a local root. */
import { type Batch, between64 } from '../wire/batch.ts';
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
    const durationNs = between64(batch.u32, at + START_AT, at + END_AT);
    return this.#slow.isSlow(durationNs, route && this.#routes.timesOf(batch, at, route));
  }
}
