/**
 * Where spans that are still open were seen in the code, on a processor and in waits, until they end and are told. Bounded: of one
 * span the first places, of all spans the newest; what has no room is counted.
 */
import type { CodeFrame, CodePlace } from '../correlate/code-place.ts';
import { kernelPlace, placeKey } from '../correlate/code-place.ts';
import type { CodeSample } from '../correlate/code-sample.ts';
import type { SpanFactOf, SpanIdWords } from '../correlate/fact.ts';
import type { TimeUse } from '../correlate/time-spent.ts';
import type { SeenStack } from '../span/span-stacks.ts';
import { nanosBetween } from '../wire/batch.ts';
import { Lately } from './lately.ts';
import { SpanTable } from './span-table.ts';

/** Different places of one span. */
const PLACES_MAX = 256;
/** Of all spans: 16 MB. */
const ALL_MAX = 1 << 16;
/** Spans that were given up and may still end. */
const GIVEN_UP_MAX = 1 << 12;

interface Held {
  readonly goid: number;
  readonly use: TimeUse;
  readonly isSample: boolean;
  readonly place: CodePlace | undefined;
  readonly kernel: CodePlace | undefined;
  count: number;
  ns: number;
}

interface HeldSpan {
  readonly spanId: SpanIdWords;
  readonly byKey: Map<string, Held>;
  left: number;
}

/** What was seen of one span. */
export class HeldOfSpan {
  readonly #span: HeldSpan;

  constructor(span: HeldSpan) {
    this.#span = span;
  }

  get left(): number {
    return this.#span.left;
  }

  /** Of which the code is to be known. */
  get places(): CodePlace[] {
    return [...this.#span.byKey.values()]
      .flatMap(({ place, kernel }) => [place, kernel])
      .filter((place) => place !== undefined);
  }

  /** With the code at the places, as far as it is known. */
  seen(
    framesAt: (place: CodePlace | undefined) => readonly CodeFrame[] | undefined,
    isCut: (place: CodePlace) => boolean,
  ): SeenStack[] {
    return [...this.#span.byKey.values()].map(({ place, kernel, ...seen }) => ({
      ...seen,
      frames: joined(framesAt(kernel), framesAt(place)),
      isCut: place !== undefined && isCut(place),
    }));
  }
}

const NOTHING: readonly CodeFrame[] = [];

/** The same object for what is the same, if the kernel did nothing: who takes it may know it. */
const joined = (
  kernel: readonly CodeFrame[] | undefined,
  own: readonly CodeFrame[] = NOTHING,
): readonly CodeFrame[] => (kernel === undefined || kernel.length === 0 ? own : [...kernel, ...own]);

export class HeldStacks {
  readonly #bySpan: SpanTable<HeldSpan>;
  readonly #givenUp = new Lately(GIVEN_UP_MAX);
  #held = 0;

  constructor() {
    this.#bySpan = new SpanTable(({ spanId: [first, second], byKey }) => {
      this.#held -= byKey.size;
      this.#givenUp.add(first, second);
    });
  }

  addSample({ span, goid, use, periodNs, place, kernelStackId }: CodeSample): void {
    if (span === undefined) return;
    const kernel = kernelPlace(kernelStackId);
    if (place !== undefined || kernel !== undefined)
      this.#add(span.spanId, { goid, use, isSample: true, place, kernel, count: 1, ns: periodNs });
  }

  /** What came after its end, until it ran, counts as time in which it could have run. */
  addWait({ parentSpanId, goid, start, end, body }: SpanFactOf<'wait'>): void {
    if (parentSpanId === undefined || !('use' in body)) return;
    const { use, readyNs, place } = body;
    const wait = { goid, isSample: false, place, kernel: undefined, count: 1 };
    const ns = nanosBetween(start, end) - readyNs;
    if (ns > 0) this.#add(parentSpanId, { ...wait, use, ns });
    if (readyNs > 0) this.#add(parentSpanId, { ...wait, use: 'runnable', ns: readyNs });
  }

  /** That of a span that has ended, once; undefined if nothing was seen of its code. */
  take(spanId: SpanIdWords): HeldOfSpan | undefined {
    const span = this.#bySpan.take(spanId);
    if (span === undefined) return undefined;
    this.#held -= span.byKey.size;
    const held = new HeldOfSpan(span);
    return held.places.length > 0 ? held : undefined;
  }

  /** Whether there was something of that span that is not here any more. */
  wasGivenUp([first, second]: SpanIdWords): boolean {
    return this.#givenUp.placeOf(first, second) >= 0;
  }

  #add(spanId: SpanIdWords, seen: Held): void {
    const span = this.#bySpan.get(spanId) ?? this.#bySpan.add(spanId, { spanId, byKey: new Map(), left: 0 });
    const key = `${seen.place ? placeKey(seen.place) : ''} ${seen.kernel?.stackId ?? 0} ${seen.goid} ${seen.use} ${seen.isSample}`;
    const before = span.byKey.get(key);
    if (before) {
      before.count += seen.count;
      before.ns += seen.ns;
    } else if (span.byKey.size < PLACES_MAX) {
      span.byKey.set(key, seen);
      this.#held++;
      while (this.#held > ALL_MAX) this.#bySpan.forgetOldest();
    } else span.left++;
  }
}
