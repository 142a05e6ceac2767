import { describe, expect, it } from 'vitest';
import type { SpanFactOf } from '../../src/correlate/fact.ts';
import { HeldWaits } from '../../src/stage/held-waits.ts';
import { makeWaitFact } from '../span/fact.ts';

type SpanId = SpanFactOf<'wait'>['spanId'];

/** A wait of so many nanoseconds within that span. */
function waitIn(parentSpanId: SpanId | undefined, lastedNs: number): SpanFactOf<'wait'> {
  return makeWaitFact({ parentSpanId, start: [5, 0], end: [5, lastedNs] });
}

function held() {
  let given = 0;
  const waits = new HeldWaits((count) => {
    given += count;
  });
  const lengthsIn = (spanId: SpanId): number[] | undefined =>
    waits.take(spanId)?.told.map(({ end }) => end[1]);
  return { waits, lengthsIn, givenUp: () => given };
}

describe('waits that are held', () => {
  it('come with their span, in the order in which they ended, once', () => {
    const { waits, lengthsIn, givenUp } = held();
    for (const lasted of [30, 10, 20]) waits.add(waitIn([1, 2], lasted));
    waits.add(waitIn([1, 3], 40));
    expect(lengthsIn([1, 2])).toEqual([30, 10, 20]);
    expect(lengthsIn([1, 2])).toBeUndefined();
    expect(lengthsIn([1, 3])).toEqual([40]);
    expect(givenUp()).toBe(0);
  });

  it('are the twenty longest of a span; the others are counted', () => {
    const { waits } = held();
    for (let lasted = 1; lasted <= 30; lasted++)
      waits.add(waitIn([1, 2], lasted % 2 ? lasted : 100 + lasted));
    const { told, dropped } = waits.take([1, 2]) ?? { told: [], dropped: 0 };
    // The even ones are the longer ones.
    const longest = Array.from({ length: 30 }, (_, index) => index + 1).filter((l) => l % 2 === 0 || l > 20);
    expect(told.map(({ end }) => end[1] % 100)).toEqual(longest);
    expect({ told: told.length, dropped }).toEqual({ told: 20, dropped: 10 });
  });

  it('are compared across a second, too', () => {
    const { waits } = held();
    const long = makeWaitFact({ parentSpanId: [1, 2], start: [5, 999_999_999], end: [6, 999] });
    waits.add(long);
    for (let count = 0; count < 20; count++) waits.add(waitIn([1, 2], 999));
    expect(waits.take([1, 2])).toMatchObject({ dropped: 1, told: { 0: long } });
  });

  it('are given up, oldest first, where their spans do not come', () => {
    const { waits, lengthsIn, givenUp } = held();
    for (let span = 0; span < 16_384; span++) waits.add(waitIn([7, span], span));
    waits.add(waitIn([7, 0], 99));
    expect(givenUp()).toBe(0);
    waits.add(waitIn([8, 0], 1));
    expect(givenUp()).toBe(2);
    expect([lengthsIn([7, 0]), lengthsIn([7, 1]), lengthsIn([8, 0])]).toEqual([undefined, [1], [1]]);
  });

  it('are given up at once without a span, or for one whose id is all but the same', () => {
    const { waits, lengthsIn, givenUp } = held();
    waits.add(waitIn(undefined, 1));
    expect(givenUp()).toBe(1);
    // Apart only in the last of 64 bits, of which a number holds 53.
    const [one, other]: SpanId[] = [
      [0xf000_0000, 0],
      [0xf000_0000, 1],
    ] as SpanId[];
    waits.add(waitIn(one, 1));
    waits.add(waitIn(other, 2));
    expect(givenUp()).toBe(2);
    expect([lengthsIn(one as SpanId), lengthsIn(other as SpanId)]).toEqual([undefined, [2]]);
  });
});
