import { describe, expect, it } from 'vitest';
import type { SpanFact, SpanIdWords } from '../../src/correlate/fact.ts';
import type { GoroutineTurns } from '../../src/correlate/goroutine-turns.ts';
import { TIME_USES } from '../../src/correlate/time-spent.ts';
import { HeldTurns } from '../../src/stage/held-turns.ts';
import { makeFact, timeOf } from '../span/fact.ts';

const targetId = 1;

/** What goroutine 8 did for a span, for which goroutine 7 has waited from 100 to 900. */
function turnsFor(spanId: SpanIdWords): GoroutineTurns {
  const wait = { ns: 800, use: TIME_USES.mutex };
  return {
    ...{ targetId, goid: 8, spanId, start: [5, 0], ns: [1_000], uses: [TIME_USES.sleep] },
    woken: { goid: 7, since: [5, 100], wait },
  };
}

function span(spanId: SpanIdWords, more: Partial<SpanFact> = {}): SpanFact {
  return makeFact({
    ...{ targetId, spanId, goid: 7, start: [5, 0], end: [5, 1_000] },
    ...{ time: timeOf({ cpu: 200, mutex: 800 }), parentSpanId: undefined, parentIsRemote: false },
    ...(more as object),
  });
}

function held() {
  let given = 0;
  const turns = new HeldTurns((count) => {
    given += count;
  });
  return { turns, givenUp: () => given };
}

const expected = timeOf({ cpu: 200, sleep: 800 }).ns;

describe('what goroutines do for a span', () => {
  it('is on its path, once', () => {
    const { turns, givenUp } = held();
    turns.add(turnsFor([1, 2]));
    expect(turns.take(span([1, 3]))).toBeUndefined();
    expect(turns.take(span([1, 2]))?.ns).toEqual(expected);
    expect(turns.take(span([1, 2]))).toBeUndefined();
    expect(givenUp()).toBe(0);
  });

  it('is on the path of its parent of the same process as well', () => {
    const { turns } = held();
    turns.add(turnsFor([1, 2]));
    expect(turns.take(span([1, 2], { parentSpanId: [1, 1] }))?.ns).toEqual(expected);
    expect(turns.take(span([1, 1], { parentSpanId: [1, 0], parentIsRemote: true }))?.ns).toEqual(expected);
    expect(turns.take(span([1, 0]))).toBeUndefined();
  });

  it('is given up and counted where it is too much for one span', () => {
    const { turns, givenUp } = held();
    for (let n = 0; n < 20_000; n++) turns.add(turnsFor([1, 2]));
    expect(givenUp()).toBe(20_000 - 16_384);
  });

  it('is given up, the oldest first, where it is too much for all; what a span has used is no loss', () => {
    const { turns, givenUp } = held();
    turns.add(turnsFor([1, 2]));
    turns.take(span([1, 2], { parentSpanId: [1, 1] }));
    for (let n = 0; n < 32_768; n++) turns.add(turnsFor([2, n]));
    expect(givenUp()).toBe(0);
    turns.add(turnsFor([3, 0]));
    expect(givenUp()).toBe(1);
    expect(turns.take(span([2, 0]))).toBeUndefined();
    expect(turns.take(span([2, 1]))?.ns).toEqual(expected);
  });
});
