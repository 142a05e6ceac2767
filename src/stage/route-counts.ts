/** What the requests of one target spent their time on and why slow ones were slow, route by route. Bounded. */
import type { Attributes } from '@opentelemetry/api';
import type { SpanFact } from '../correlate/fact.ts';
import type { TimeSpent } from '../correlate/time-spent.ts';
import type { Cause } from '../correlate/verdict.ts';
import { PickedAttributes } from '../span/attribute-sink.ts';
import type { Description } from '../span/convention.ts';
import { addRecurringAttributes, metricOfCall } from '../span/describe-span.ts';
import type { SpanSource } from '../span/span-source.ts';
import { timeLimit } from '../wire/wire.gen.ts';
import { OVERFLOW } from './call-counts.ts';
import { CallsAlike } from './calls-alike.ts';

/** Requests of more are counted together. */
const ROUTES_MAX = 200;

/** Of one route; plain data. */
export interface RouteCount {
  /** The method and, where it is known, the route. */
  readonly attributes: Attributes;
  /** Slow requests, by why they were slow. */
  readonly verdicts: Readonly<Partial<Record<Cause, number>>>;
  /** Nanoseconds of requests, by the numbers of the uses; empty if their time was never known. */
  readonly requestNs: readonly number[];
}

/** Where requests of one route are counted. */
export interface RouteTally {
  addTime(time: TimeSpent): void;
}

class Counted implements RouteCount, RouteTally {
  readonly attributes: Attributes;
  readonly verdicts: Partial<Record<Cause, number>> = {};
  readonly requestNs: number[] = [];

  constructor(attributes: Attributes) {
    this.attributes = attributes;
  }

  addTime({ ns }: TimeSpent): void {
    for (let use = 0; use < timeLimit.TIME_USES_MAX; use++) {
      this.requestNs[use] = (this.requestNs[use] ?? 0) + (ns[use] as number);
    }
  }

  asData(): RouteCount {
    const { attributes, verdicts, requestNs } = this;
    return { attributes, verdicts, requestNs };
  }
}

export class RouteCounts {
  readonly #byRoute = new Map<string, Counted>();
  readonly #alike = new CallsAlike((fact, _source, about) => this.#routeOf(fact, about));

  addVerdict(fact: SpanFact, source: SpanSource, cause: Cause): void {
    const { verdicts } = this.#alike.of(fact, source);
    verdicts[cause] = (verdicts[cause] ?? 0) + 1;
  }

  /** Returns where it is counted. */
  addTime(fact: SpanFact, source: SpanSource, time: TimeSpent): RouteTally {
    const counted = this.#alike.of(fact, source);
    counted.addTime(time);
    return counted;
  }

  all(): readonly RouteCount[] {
    return [...this.#byRoute.values()].map((counted) => counted.asData());
  }

  #routeOf(fact: SpanFact, about: Description): Counted {
    const picked = new PickedAttributes(metricOfCall(fact)?.routeAttributes ?? new Set());
    addRecurringAttributes(picked, fact, about);
    return this.#routeWith(picked.attributes);
  }

  #routeWith(attributes: Attributes): Counted {
    const key = JSON.stringify(attributes);
    const known = this.#byRoute.get(key);
    if (known) return known;
    if (this.#byRoute.size >= ROUTES_MAX && attributes !== OVERFLOW) return this.#routeWith(OVERFLOW);
    const counted = new Counted(attributes);
    this.#byRoute.set(key, counted);
    return counted;
  }
}
