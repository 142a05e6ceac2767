/**
 * The requests of a running window, route by route. Bounded: of a route with very many an even part is kept, and requests of too
 * many routes are only counted. Times are milliseconds of any clock that does not go back. Pure.
 */
import { CAUSES, type Cause } from '../correlate/verdict.ts';
import type { Request, RequestSample } from './requests.ts';
import { gainOf, type RouteReport, routeReport } from './route-report.ts';

/** Requests that are kept of one route. */
export const KEPT_MAX = 4_000;
/** Routes whose requests are kept. */
export const ROUTES_MAX = 100;
/** Parts of the window in which requests are counted. */
const PARTS = 60;

/** How many there were in the window, by parts of it. */
class Counter {
  readonly #partMs: number;
  /** By the number of the part since the beginning of time. */
  readonly #parts = new Map<number, number>();

  constructor(windowMs: number) {
    this.#partMs = windowMs / PARTS;
  }

  add(at: number): void {
    const part = Math.floor(at / this.#partMs);
    this.#parts.set(part, (this.#parts.get(part) ?? 0) + 1);
  }

  /** In the part that is not over yet and those before it, together as long as the window at most. */
  sum(at: number): number {
    const oldest = Math.floor(at / this.#partMs) - PARTS + 1;
    let sum = 0;
    for (const [part, count] of this.#parts) {
      if (part < oldest) this.#parts.delete(part);
      else sum += count;
    }
    return sum;
  }
}

interface Kept extends Request {
  readonly at: number;
  /** Where it stands between 0 and 1 in an even order: kept are those that stand below the share that is kept. */
  readonly place: number;
}

class RouteWindow {
  readonly service: string;
  readonly route: string;
  readonly #windowMs: number;
  readonly #counter: Counter;
  #kept: Kept[] = [];
  #seen = 0;
  /** Of those that come, so many are kept. */
  #share = 1;
  /** Of those that are there, so many are looked at: what came while fewer were kept stays in the window for a while. */
  #shown = 1;
  #changedAt = Number.NEGATIVE_INFINITY;

  constructor(service: string, route: string, windowMs: number) {
    this.service = service;
    this.route = route;
    this.#windowMs = windowMs;
    this.#counter = new Counter(windowMs);
  }

  add(at: number, durationNs: number, byCause: ReadonlyMap<Cause, number>): void {
    this.#counter.add(at);
    const place = evenPlace(this.#seen++);
    if (place >= this.#share) return;
    this.#kept.push({ at, place, durationNs, byCause: CAUSES.map((cause) => byCause.get(cause) ?? 0) });
    if (this.#kept.length <= KEPT_MAX) return;
    this.#forgetBefore(at - this.#windowMs);
    if (this.#kept.length <= KEPT_MAX) return;
    this.#share /= 2;
    this.#shown = this.#share;
    this.#changedAt = at;
    this.#kept = this.#kept.filter((kept) => kept.place < this.#share);
  }

  /** Undefined if there is none in the window. */
  sample(at: number): RequestSample | undefined {
    this.#forgetBefore(at - this.#windowMs);
    this.#adjust(at);
    const shown = this.#kept.filter(({ place }) => place < this.#shown);
    if (shown.length === 0) return undefined;
    return {
      count: this.#shown === 1 ? shown.length : Math.max(this.#counter.sum(at), shown.length),
      kept: shown.length,
      sorted: () => shown.sort((a, b) => a.durationNs - b.durationNs),
    };
  }

  /** When there are few again, more of those that come are kept. */
  #adjust(at: number): void {
    if (at - this.#changedAt <= this.#windowMs) return;
    this.#shown = this.#share;
    if (this.#share === 1 || this.#kept.length > KEPT_MAX / 4) return;
    this.#share *= 2;
    this.#changedAt = at;
  }

  #forgetBefore(time: number): void {
    const first = this.#kept.findIndex(({ at }) => at > time);
    if (first === -1) this.#kept = [];
    else if (first > 0) this.#kept.splice(0, first);
  }
}

export class RequestWindow {
  readonly #windowMs: number;
  readonly #byRoute = new Map<string, RouteWindow>();
  readonly #beyond: Counter;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
    this.#beyond = new Counter(windowMs);
  }

  add(
    at: number,
    service: string,
    route: string,
    { durationNs, byCause }: { readonly durationNs: number; readonly byCause: ReadonlyMap<Cause, number> },
  ): void {
    const key = `${service} ${route}`;
    let of = this.#byRoute.get(key);
    if (of === undefined && this.#byRoute.size < ROUTES_MAX) {
      of = new RouteWindow(service, route, this.#windowMs);
      this.#byRoute.set(key, of);
    }
    if (of) of.add(at, durationNs, byCause);
    else this.#beyond.add(at);
  }

  /** Of each route that had requests lately; the one with most to gain comes first. */
  reports(at: number): RouteReport[] {
    const reports: RouteReport[] = [];
    for (const [key, of] of this.#byRoute) {
      const sample = of.sample(at);
      if (sample) reports.push(routeReport(of.service, of.route, sample));
      else this.#byRoute.delete(key);
    }
    return reports.sort((a, b) => gainOf(b) - gainOf(a));
  }

  /** Requests of routes that are too many. */
  beyond(at: number): number {
    return this.#beyond.sum(at);
  }
}

/** The n-th of an order that is even from any place on, and over all: the bits of the number, from the last to the first. */
function evenPlace(n: number): number {
  let place = 0;
  for (let half = 0.5, rest = n % 2 ** 20; rest > 0; half /= 2, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) place += half;
  }
  return place;
}
