/** What was seen of the code of processes, one thing after the other, until it is made a profile of. Bounded. */
import type { SeenCode } from '../correlate/code-place.ts';
import type { CodeSample } from '../correlate/code-sample.ts';
import type { Ktime, SpanFact, SpanFactOf, SpanIdWords, TraceIdWords } from '../correlate/fact.ts';
import type { TimeUse } from '../correlate/time-spent.ts';
import { hexOf } from '../span/span-context.ts';
import type { SpanSource } from '../span/span-source.ts';
import { nanosBetween } from '../wire/batch.ts';
import { KnownSpans, type SeenSpan } from './known-spans.ts';

/** So many: 65 MB. */
const EVENTS_MAX = 1 << 18;

interface Seen {
  readonly targetId: number;
  readonly goid: number;
  readonly span: SeenSpan | undefined;
  readonly use: TimeUse;
  readonly code: SeenCode;
  /** Nanoseconds since the first event. */
  readonly fromNs: number;
}

/** A thread was on a processor at that moment. */
export interface SampleEvent extends Seen {
  readonly kind: 'sample';
  readonly threadId: number;
  /** For which it stands. */
  readonly periodNs: number;
}

/** A goroutine waited. */
export interface WaitEvent extends Seen {
  readonly kind: 'wait';
  readonly toNs: number;
  /** At its end it could have run. */
  readonly readyNs: number;
}

export type CodeEvent = SampleEvent | WaitEvent;

/** Takes what the stage sees. */
export class CodeEvents {
  readonly spans = new KnownSpans();
  readonly #max: number;
  readonly #events: CodeEvent[] = [];
  #start: { readonly ktime: Ktime; readonly unix: readonly [seconds: number, nanos: number] } | undefined;
  #refused = 0;

  constructor(max = EVENTS_MAX) {
    this.#max = max;
  }

  /** In the order in which their code became known. */
  get all(): readonly CodeEvent[] {
    return this.#events;
  }

  /** For so many there was no room. */
  get refused(): number {
    return this.#refused;
  }

  /** Where the time line begins, by both clocks; undefined before the first event. */
  get start() {
    return this.#start;
  }

  onSample(sample: CodeSample, code: SeenCode, source: SpanSource): void {
    const { targetId, goid, threadId, periodNs, use, at } = sample;
    const span = sample.span && seenSpan(sample.span);
    const fromNs = this.#since(at, source);
    this.#add({ kind: 'sample', targetId, goid, threadId, periodNs, use, span, code, fromNs });
  }

  onWait(wait: SpanFactOf<'wait'>, code: SeenCode, source: SpanSource): void {
    const { body, targetId, goid, parentSpanId } = wait;
    if (!('use' in body)) return;
    const span = parentSpanId && seenSpan({ traceId: wait.traceId, spanId: parentSpanId });
    const [fromNs, toNs] = [this.#since(wait.start, source), this.#since(wait.end, source)];
    const { use, readyNs } = body;
    this.#add({ kind: 'wait', targetId, goid, use, readyNs, span, code, fromNs, toNs });
  }

  onFact(fact: SpanFact, source: SpanSource): void {
    this.spans.add(fact, this.#since(fact.start, source), this.#since(fact.end, source));
  }

  #add(event: CodeEvent): void {
    if (this.#events.length >= this.#max) {
      this.#refused++;
      return;
    }
    this.#events.push(event);
    if (event.span) this.spans.want(event.span.spanId);
  }

  #since(ktime: Ktime, { clock }: SpanSource): number {
    this.#start ??= { ktime, unix: clock.toUnix(ktime) };
    return nanosBetween(this.#start.ktime, ktime);
  }
}

const seenSpan = ({ traceId, spanId }: { traceId: TraceIdWords; spanId: SpanIdWords }): SeenSpan => ({
  traceId: hexOf(traceId),
  spanId: hexOf(spanId),
});
