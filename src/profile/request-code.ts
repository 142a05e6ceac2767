/** Takes what is seen of the code of requests, for what each route spends in which function. Bounded: of many requests, the first. */
import type { SpanFact } from '../correlate/fact.ts';
import type { TimeUse } from '../correlate/time-spent.ts';
import { tellingFrame } from '../span/code-text.ts';
import { hexOf } from '../span/span-context.ts';
import type { SpanSource } from '../span/span-source.ts';
import { groupOf, isCall } from '../verdict/calls.ts';
import { type CodeHit, RouteCode } from '../verdict/route-code.ts';
import { type CodeEvent, CodeEvents } from './code-events.ts';

/** So many samples and waits, and so many requests. */
const SEEN_MAX = 1 << 17;

interface Request {
  readonly targetId: number;
  readonly route: string;
  readonly hits: CodeHit[];
}

export class RequestCode {
  readonly #max: number;
  readonly #events: CodeEvents;
  /** By the ids of their spans. */
  readonly #requests = new Map<string, Request>();

  constructor(max = SEEN_MAX) {
    this.#max = max;
    this.#events = new CodeEvents(max);
  }

  onSample(...seen: Parameters<CodeEvents['onSample']>): void {
    this.#events.onSample(...seen);
  }

  onWait(...seen: Parameters<CodeEvents['onWait']>): void {
    this.#events.onWait(...seen);
  }

  onFact(fact: SpanFact, source: SpanSource): void {
    this.#events.onFact(fact, source);
    // What was seen in later ones, or in those that were not watched as deep all the time, is not all that was there.
    if (this.#events.refused > 0 || this.#requests.size >= this.#max) return;
    if (fact.time === undefined || (fact.level ?? 'cpu') !== 'cpu' || !isCall(fact)) return;
    const route = groupOf(fact, source.groups);
    if (route === undefined) return;
    this.#requests.set(hexOf(fact.spanId), { targetId: fact.targetId, route, hits: [] });
  }

  /** By a key of one's own, of which several processes may have the same; undefined if nothing is known of any code. */
  byRoute(keyOf: (targetId: number, route: string) => string): Map<string, RouteCode> | undefined {
    if (!this.#events.all.some(({ code }) => code.frames.length > 0)) return undefined;
    for (const event of this.#events.all) {
      const hit = hitOf(event);
      if (hit) this.#requestOf(event)?.hits.push(hit);
    }
    const routes = new Map<string, RouteCode>();
    for (const { targetId, route, hits } of this.#requests.values()) {
      const key = keyOf(targetId, route);
      const code = routes.get(key) ?? new RouteCode();
      code.add(hits);
      routes.set(key, code);
    }
    return routes;
  }

  /** The innermost that is served in the same process. */
  #requestOf({ span }: CodeEvent): Request | undefined {
    if (span === undefined) return undefined;
    for (const { spanId, route } of this.#events.spans.around(span.spanId))
      if (route !== undefined) return this.#requests.get(spanId);
    return undefined;
  }
}

/** A goroutine could have run: that is no matter of its code. */
const NO_WAIT: ReadonlySet<TimeUse> = new Set<TimeUse>(['runnable', 'preempted', 'throttled']);

/** Undefined of what nobody knows where it was, and of what is no matter of the code. */
function hitOf(event: CodeEvent): CodeHit | undefined {
  const { frames } = event.code;
  const frame = tellingFrame(frames) ?? frames[0];
  if (frame === undefined || (event.kind === 'wait' && NO_WAIT.has(event.use))) return undefined;
  return event.kind === 'sample'
    ? { use: 'cpu', frame, ns: event.periodNs }
    : { use: 'wait', frame, ns: event.toNs - event.readyNs - event.fromNs };
}
