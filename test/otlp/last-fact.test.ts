import { describe, expect, it } from 'vitest';
import { LastFacts } from '../../src/otlp/last-fact.ts';
import { NO_LIMITS, type SpanLimits } from '../../src/otlp/limits.ts';
import { TraceRequestBuilder } from '../../src/otlp/trace-request.ts';
import type { SpanSource } from '../../src/span/span-source.ts';
import { makeDbFact, makeFact, makeSource } from '../span/fact.ts';
import { Random } from '../support/random.ts';

const source = makeSource();
const CUT: SpanLimits = { ...NO_LIMITS, attributeValueLength: 3 };

function expectSame(one: TraceRequestBuilder, other: TraceRequestBuilder | undefined): void {
  const [{ bytes, spans }, wanted] = [one.take(), other?.take()];
  expect(spans).toBe(wanted?.spans);
  expect(Buffer.compare(bytes, wanted?.bytes ?? Buffer.of())).toBe(0);
}

describe('spans that go to several exporters', () => {
  it('are in each as they would be if it were the only one, whenever its requests are cut off', () => {
    const random = new Random(30);
    const lastFacts = new LastFacts();
    const limits = [NO_LIMITS, NO_LIMITS, CUT];
    const together = limits.map((of) => new TraceRequestBuilder(of, lastFacts.of(of)));
    const alone = limits.map((of) => new TraceRequestBuilder(of));
    for (let at = 0; at < 3_000; at++) {
      const path = `/${'x'.repeat(random.below(40))}`;
      const fact = random.pick([() => makeFact({}, { path }), () => makeDbFact({}, { namespace: path })])();
      for (const [index, builder] of together.entries()) {
        // One of them may refuse it.
        if (random.below(10) === 0) continue;
        builder.addFact(fact, source);
        alone[index]?.addFact(fact, source);
        if (random.below(20) === 0) expectSame(builder, alone[index]);
      }
    }
    for (const [index, builder] of together.entries()) expectSame(builder, alone[index]);
  });

  it('are encoded once', () => {
    const last = new LastFacts().of(NO_LIMITS);
    const [first, second] = [
      new TraceRequestBuilder(NO_LIMITS, last),
      new TraceRequestBuilder(NO_LIMITS, last),
    ];
    let asked = 0;
    const counted: SpanSource = {
      ...source,
      clock: {
        toUnix: (time) => {
          asked++;
          return source.clock.toUnix(time);
        },
      },
    };
    const fact = makeFact({});
    first.addFact(fact, counted);
    const once = asked;
    second.addFact(fact, counted);
    expect(once).toBeGreaterThan(0);
    expect(asked).toBe(once);
  });
});
