/**
 * Which routes have become slow, of all requests that the kernel has told of: looked at in their records, whatever is kept of them.
 * Time is that of the records. Bounded.
 */
import { RequestGroups } from '../verdict/request-groups.ts';
import { RoutePace, SLICE_SECONDS, type Slowdown } from '../verdict/route-pace.ts';
import { type Batch, count64 } from '../wire/batch.ts';
import { eachRecord, faultOfSpan } from '../wire/decode.ts';
import { durationNsAt, fieldAt } from '../wire/fields.ts';
import { evKind } from '../wire/wire.gen.ts';
import { routeOfRoot } from './family-roots.ts';
import { RouteIndex } from './route-index.ts';

/** Routes that are looked at, of all targets together (5 kB each). */
const ROUTES_MAX = 512;
const SLICE_NS = SLICE_SECONDS * 1e9;
const END_AT = fieldAt('EV_SPAN_END', 'end_ktime_ns');
/** They are counted where they are decoded. */
const UNCOUNTED = { bad: () => {} };

/** A route that takes twice as long as usual, or longer. */
export interface SlowRoute extends Slowdown {
  readonly targetId: number;
  /** What requests of it have in common, e.g. `GET /items/{id}`. */
  readonly route: string;
}

interface Watched {
  readonly targetId: number;
  readonly route: string;
  readonly pace: RoutePace;
}

export class Slowdowns {
  readonly #onSlow: (route: SlowRoute) => void;
  readonly #routes = new Map<string, Watched>();
  readonly #index: RouteIndex<Watched | undefined>;
  /** The number of the slice of time that the last request has ended in. */
  #slice = 0;

  /** `onSlow` is told every two seconds of the one, of those that are slow, that has become slower than all others. */
  constructor(onSlow: (route: SlowRoute) => void, groups = new RequestGroups()) {
    this.#onSlow = onSlow;
    this.#index = new RouteIndex((targetId, route, path) =>
      this.#watched(targetId, groups.nameOf(targetId, route, path)),
    );
  }

  look(batch: Batch): void {
    eachRecord(batch, UNCOUNTED, (at, kind, size) => {
      if (kind !== evKind.EV_SPAN_END || faultOfSpan(batch, at, size) !== undefined) return;
      const route = routeOfRoot(batch, at);
      if (route === undefined) return;
      const slice = Math.floor(count64(batch.u32, at + END_AT) / SLICE_NS);
      if (slice > this.#slice) this.#advance(slice);
      this.#index.of(batch, at, route)?.pace.add(durationNsAt(batch, at));
    });
  }

  /** Its number does not come again. */
  forget(targetId: number): void {
    for (const [key, watched] of this.#routes) if (watched.targetId === targetId) this.#routes.delete(key);
  }

  #advance(slice: number): void {
    this.#slice = slice;
    let slowest: SlowRoute | undefined;
    for (const { targetId, route, pace } of this.#routes.values()) {
      const slowdown = pace.advance(slice);
      if (slowdown && !(slowest && factorOf(slowest) >= factorOf(slowdown)))
        slowest = { targetId, route, ...slowdown };
    }
    if (slowest) this.#onSlow(slowest);
  }

  #watched(targetId: number, route: string): Watched | undefined {
    const key = `${targetId} ${route}`;
    const known = this.#routes.get(key);
    if (known !== undefined || this.#routes.size >= ROUTES_MAX) return known;
    const watched = { targetId, route, pace: new RoutePace(this.#slice) };
    this.#routes.set(key, watched);
    return watched;
  }
}

const factorOf = ({ p99Ns, usualP99Ns }: Slowdown): number => p99Ns / usualP99Ns;
