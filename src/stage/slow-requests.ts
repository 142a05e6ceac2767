/** Which requests are slow: by a fixed bound, or by what is usual for their route. Bounded. */
import { RequestGroups } from '../verdict/request-groups.ts';
import { RouteTimes } from '../verdict/route-times.ts';

/** Routes of which it is known what is usual; requests of more are slow only beyond the fixed bound. */
const ROUTES_MAX = 1_024;
/** A request that takes so long is slow whatever is usual. */
const SLOW_NS = 100_000_000;

export class SlowRequests {
  readonly #slowNs: number | undefined;
  readonly #routes = new Map<string, RouteTimes>();
  readonly groups: RequestGroups;

  /**
   * From so long on they are slow; by default from 100 on, and what is far from usual for its route. `groups`: by what they are
   * like others, where they have none.
   */
  constructor(slowMillis?: number, groups = new RequestGroups()) {
    this.groups = groups;
    this.#slowNs = slowMillis === undefined ? undefined : slowMillis * 1e6;
  }

  /** Whether it matters what is usual. */
  get isByRoute(): boolean {
    return this.#slowNs === undefined;
  }

  /** How long requests of that route take of a target; undefined if there are too many routes. `path`: see `RequestGroups`. */
  timesOf(targetId: number, route: string, path?: string): RouteTimes | undefined {
    const key = `${targetId} ${this.groups.nameOf(targetId, route, path)}`;
    const known = this.#routes.get(key);
    if (known !== undefined || this.#routes.size >= ROUTES_MAX) return known;
    const times = new RouteTimes();
    this.#routes.set(key, times);
    return times;
  }

  /** Was that one slow, by those of its route that were asked for before? */
  isSlow(durationNs: number, times: RouteTimes | undefined): boolean {
    if (this.#slowNs !== undefined) return durationNs >= this.#slowNs;
    const isSlow = durationNs >= SLOW_NS || times?.isSlow(durationNs) === true;
    times?.add(durationNs);
    return isSlow;
  }
}
