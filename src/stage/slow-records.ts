/** Which spans are slow, by their records: as `SlowRequests` has it, of requests and of what else is a local root. */
import type { RouteTimes } from '../verdict/route-times.ts';
import type { Batch } from '../wire/batch.ts';
import { durationNsAt } from '../wire/fields.ts';
import { routeOfRoot } from './family-roots.ts';
import { RouteIndex } from './route-index.ts';
import type { SlowRequests } from './slow-requests.ts';

export class SlowRecords {
  readonly #slow: SlowRequests;
  readonly #routes: RouteIndex<RouteTimes | undefined>;

  constructor(slow: SlowRequests) {
    this.#slow = slow;
    this.#routes = new RouteIndex((targetId, route, path) => slow.timesOf(targetId, route, path));
  }

  isSlow(batch: Batch, at: number): boolean {
    const route = this.#slow.isByRoute ? routeOfRoot(batch, at) : undefined;
    return this.#slow.isSlow(durationNsAt(batch, at), route && this.#routes.of(batch, at, route));
  }
}
