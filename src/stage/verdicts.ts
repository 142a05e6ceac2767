/** Why slow requests were slow: keeps what a verdict needs until a server span ends, and knows what is usual. Bounded. */
import type { CodePlace } from '../correlate/code-place.ts';
import type { CriticalPath, Interval } from '../correlate/critical-path.ts';
import type { SpanFact, SpanFactOf, SpanIdWords } from '../correlate/fact.ts';
import { spanAround } from '../correlate/span-around.ts';
import type { TargetFacts } from '../correlate/target-facts.ts';
import type { Cause } from '../correlate/verdict.ts';
import { type Call, groupOf, isCall, nameOfCall, tellingOf } from '../verdict/calls.ts';
import type { CallEvidence, Evidence, WaitEvidence } from '../verdict/evidence.ts';
import { explain } from '../verdict/judge.ts';
import type { RouteTimes } from '../verdict/route-times.ts';
import { nanosBetween } from '../wire/batch.ts';
import { HeldBySpan } from './held-by-span.ts';
import { HeldSamples } from './held-samples.ts';
import type { LongestWaits } from './longest-waits.ts';
import { SlowRequests } from './slow-requests.ts';
import { isSameSpan, spanKey } from './span-key.ts';

/** Calls of requests that are still open. */
const CALLS = { all: 8_192, ofOne: 512 } as const;
/** Places for spans that have ended lately, by which those are called who let others wait. A later one may take a place. */
const ENDED_MAX = 2_048;
/** Places on a processor that are evidence, those that were seen most often. */
const SAMPLED_MAX = 32;

/** A request that has ended, slow or not. */
export interface JudgedRequest {
  readonly targetId: number;
  /** What requests of it have in common, e.g. `GET /items/{id}`. */
  readonly route: string;
  readonly durationNs: number;
  /** Nanoseconds that each cause explains. */
  readonly byCause: ReadonlyMap<Cause, number>;
}

export interface VerdictsOptions {
  /** Which requests are slow; by default those that are so without a bound of their own. */
  readonly slow?: SlowRequests | undefined;
  /** Told of each request whose time is known. */
  readonly onRequest?: ((request: JudgedRequest) => void) | undefined;
}

export class Verdicts {
  readonly #slow: SlowRequests;
  readonly #onRequest: VerdictsOptions['onRequest'];
  readonly #calls = new HeldBySpan<Call>(CALLS, () => {});
  readonly #samples = new HeldSamples();
  /** How long requests of a route take, by what recurs of the body, which is one object in all requests that say the same but for what varies. */
  readonly #known = new WeakMap<object, { readonly targetId: number; readonly times: RouteTimes }>();
  readonly #ended = new Array<Call | undefined>(ENDED_MAX);
  readonly #facts = new Map<number, TargetFacts>();

  constructor({ slow = new SlowRequests(), onRequest }: VerdictsOptions = {}) {
    this.#slow = slow;
    this.#onRequest = onRequest;
  }

  /** What is known of a target from now on. */
  know(targetId: number, facts: TargetFacts | undefined): void {
    if (facts) this.#facts.set(targetId, facts);
    else this.#facts.delete(targetId);
  }

  /** Where the goroutines of a span were seen on a processor, before it ends. */
  sample(spanId: SpanIdWords, place: CodePlace): void {
    this.#samples.add(spanId, place);
  }

  /**
   * What is known of a span that has ended, if it is a slow request. `wasSlow`: what was found of that before, where not all
   * requests come here.
   */
  on(
    fact: SpanFact,
    waits: LongestWaits | undefined,
    path: CriticalPath | undefined,
    wasSlow?: boolean,
  ): Evidence | undefined {
    const sampled = this.#samples.take(fact.spanId);
    const around = spanAround(fact);
    if (around) this.#samples.handOn(around, sampled);
    if (!isCall(fact)) return undefined;
    const isRequest = fact.spanKind === 'server' && tellingOf(fact).routeOf !== undefined;
    if (fact.time === undefined) {
      // What is usual is to be known when its program is looked at deeper.
      if (isRequest && wasSlow === undefined) this.#isSlow(fact);
      return undefined;
    }
    const calls = this.#calls.take(fact.spanId) ?? [];
    this.#remember(fact);
    this.#handUp(around, isRequest ? calls : [fact, ...calls]);
    if (!isRequest) return undefined;
    const isSlow = wasSlow ?? this.#isSlow(fact);
    if (!isSlow && this.#onRequest === undefined) return undefined;
    const evidence = { ...this.#evidence(fact, waits, path, calls), sampled: sampled.slice(0, SAMPLED_MAX) };
    this.#onRequest?.({
      targetId: fact.targetId,
      route: groupOf(fact, this.#slow.groups) ?? '',
      durationNs: evidence.durationNs,
      byCause: explain(evidence),
    });
    return isSlow ? evidence : undefined;
  }

  #handUp(around: SpanIdWords | undefined, calls: readonly Call[]): void {
    if (around === undefined || calls.length === 0) return;
    this.#calls.handOn(around, calls);
  }

  #isSlow(fact: Call): boolean {
    const times = this.#slow.isByRoute ? this.#timesOf(fact) : undefined;
    return this.#slow.isSlow(nanosBetween(fact.start, fact.end), times);
  }

  #timesOf(fact: Call): RouteTimes | undefined {
    const { recurring, targetId } = fact;
    const path = pathOf(fact);
    const known = recurring && path === undefined ? this.#known.get(recurring) : undefined;
    if (known?.targetId === targetId) return known.times;
    const times = this.#slow.timesOf(targetId, routeOf(fact), path);
    if (recurring && path === undefined && times) this.#known.set(recurring, { targetId, times });
    return times;
  }

  #remember(fact: Call): void {
    this.#ended[placeOf(fact.spanId)] = fact;
  }

  #evidence(
    fact: SpanFact,
    waits: LongestWaits | undefined,
    path: CriticalPath | undefined,
    calls: readonly Call[],
  ): Omit<Evidence, 'sampled'> {
    return {
      durationNs: nanosBetween(fact.start, fact.end),
      ns: path?.ns ?? fact.time?.ns ?? [],
      waits: (waits?.told ?? [])
        .flatMap((wait) => this.#waitEvidence(wait, fact.spanId))
        .sort((a, b) => b.ns - a.ns),
      calls: outermost(calls)
        .map((call) => callEvidence(call, shareOnPath(call, fact, path)))
        .filter(({ ns }) => ns.length > 0),
      queued: fact.time?.queued ?? 0,
      stopReason: stopReason(waits),
      facts: this.#facts.get(fact.targetId),
    };
  }

  #waitEvidence({ start, end, link, body }: SpanFactOf<'wait'>, within: SpanIdWords): WaitEvidence[] {
    if (!('use' in body)) return [];
    const { use, wakerGoid, wakerIsHolder, readyNs, peer, place, wakerPlace } = body;
    return [
      {
        use,
        // What comes behind is told by itself: it waited for its turn.
        ns: nanosBetween(start, end) - readyNs,
        wakerGoid,
        wakerIsHolder,
        // Who works for the same span needs no name.
        wakerName: link && !isSameSpan(link.spanId, within) ? this.#nameOf(link.spanId) : undefined,
        peer: peer && `${peer.address}:${peer.port}`,
        place,
        wakerPlace,
      },
    ];
  }

  #nameOf(spanId: SpanIdWords): string | undefined {
    const ended = this.#ended[placeOf(spanId)];
    return ended && isSameSpan(ended.spanId, spanId) ? nameOfCall(ended) : undefined;
  }
}

const placeOf = ([, low]: SpanIdWords): number => low % ENDED_MAX;

const routeOf = (fact: Call): string => tellingOf(fact).routeOf?.(fact) ?? '';
const pathOf = (fact: Call): string | undefined => tellingOf(fact).pathOf?.(fact);

/** Of the longest stop that is told. */
function stopReason(waits: LongestWaits | undefined): string | undefined {
  const stops = (waits?.told ?? []).flatMap(({ start, end, body }) =>
    'window' in body && body.window === 'gc.stw'
      ? [{ reason: body.reason, ns: nanosBetween(start, end) }]
      : [],
  );
  return stops.sort((a, b) => b.ns - a.ns)[0]?.reason;
}

/** Without those that were made within another call. */
function outermost(calls: readonly Call[]): readonly Call[] {
  const ids = new Set(calls.map(({ spanId }) => spanKey(spanId)));
  return calls.filter((call) => {
    const around = spanAround(call);
    return around === undefined || !ids.has(spanKey(around));
  });
}

/** How much of a call the critical path of the span went through. */
function shareOnPath(call: Call, span: SpanFact, path: CriticalPath | undefined): number {
  if (call.targetId !== span.targetId) return 0;
  if (call.goid === span.goid) return 1;
  const from = nanosBetween(span.start, call.start);
  const to = nanosBetween(span.start, call.end);
  return to > from ? overlap(path?.others.get(call.goid) ?? [], from, to) / (to - from) : 0;
}

/** How long the path was there between two times; it may have come by several ways. */
function overlap(through: readonly Interval[], from: number, to: number): number {
  let at = from;
  let sum = 0;
  for (const interval of [...through].sort((a, b) => a.from - b.from)) {
    const begin = Math.max(at, interval.from);
    const end = Math.min(to, interval.to);
    if (end <= begin) continue;
    sum += end - begin;
    at = end;
  }
  return sum;
}

function callEvidence(call: Call, share: number): CallEvidence {
  const { kind, poolNs, poolOf } = tellingOf(call);
  const ns = share === 0 ? [] : (call.criticalNs ?? call.time?.ns ?? []);
  return {
    kind,
    name: nameOfCall(call),
    ns: ns.map((spent) => spent * share),
    poolNs: poolNs(call) * share,
    pool: poolOf?.(call),
  };
}
