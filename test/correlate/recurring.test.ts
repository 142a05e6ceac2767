import { describe, expect, it } from 'vitest';
import type { SpanFact } from '../../src/correlate/fact.ts';
import { recurringBut } from '../../src/correlate/recurring-key.ts';
import { spanFact } from '../../src/correlate/span-fact.ts';
import { batchOf } from '../../src/wire/batch.ts';
import { decodeBatch } from '../../src/wire/decode.ts';
import type { EvSpanEnd } from '../../src/wire/wire.gen.ts';
import { Random } from '../support/random.ts';
import { rawSpan as recordOf } from './raw-record.ts';

/** The facts of the records as they come from a batch, each with what is read of it past every cache. */
function factsOf(records: readonly Uint8Array[]): { fact: SpanFact; read: SpanFact }[] {
  const facts: { fact: SpanFact; read: SpanFact }[] = [];
  decodeBatch(batchOf(Uint8Array.from(Buffer.concat(records)).buffer), {
    spanEnd: (record) => facts.push({ fact: spanFact(record), read: spanFact(withoutBatch(record)) }),
    bad: (reason) => expect.fail(reason),
  });
  return facts;
}

const withoutBatch = (record: EvSpanEnd): EvSpanEnd =>
  new Proxy(record, { get: (of, name) => (name === 'batch' ? undefined : Reflect.get(of, name, of)) });

const server = { span_kind: 1, status: 200, protocol: 11, flags: 1 << 4, ending: 1 };

function expectSame({ fact, read }: { fact: SpanFact; read: SpanFact }): void {
  const { recurring: _, isBodyShared: __, ...said } = fact;
  const { recurring: ___, isBodyShared: ____, ...own } = read;
  expect(said).toEqual(own);
}

describe('what recurs of a body', () => {
  it('is one object from the second on, whatever ids, peers and sizes the requests have', () => {
    const facts = factsOf(
      ['/orders/1', '/orders/22', '/orders/333', '/orders/4444'].map((path, index) =>
        recordOf(
          'http',
          { ...server, body_bytes: index, goid: 17 + index, depth: index % 2 },
          {
            host: 'ids.example',
            path,
            query: 'q'.repeat(index),
            peer: `10.0.0.${index}:80`,
            pattern: 'GET /orders/{id}',
          },
        ),
      ),
    );
    for (const pair of facts) expectSame(pair);
    const [first, second, third, fourth] = facts.map(({ fact }) => fact.recurring);
    expect(first).toBeUndefined();
    expect(second).toBeDefined();
    expect(third).toBe(second);
    expect(fourth).toBe(second);
  });

  it('is one object for calls of a database that waited for a connection for different times', () => {
    const facts = factsOf(
      [0, 1_000, 2_000].map((wait) =>
        recordOf(
          'db',
          { span_kind: 2, operation: 1, system: 1, pool_wait_ns: wait },
          { statement: 'select waits', namespace: 'shop' },
        ),
      ),
    );
    for (const pair of facts) expectSame(pair);
    expect(facts[2]?.fact.recurring).toBe(facts[1]?.fact.recurring);
    expect(facts[2]?.fact.body).toMatchObject({ poolWaitNs: 2_000 });
  });

  it('is never that of another record, where the same bytes are divided among other texts', () => {
    const random = new Random(3);
    const pieces = ['', 'a', 'b', 'ab', 'ba', 'aab', 'ü'];
    const names = ['traceState', 'method', 'scheme', 'host', 'path', 'query', 'peer', 'pattern'];
    const dbNames = ['traceState', 'statement', 'namespace'];
    const texts = (of: readonly string[]) =>
      Object.fromEntries(of.map((name) => [name, random.pick(pieces)]));
    const records = Array.from({ length: 30_000 }, () =>
      random.below(4) === 0
        ? recordOf(
            'db',
            { span_kind: 2, system: random.below(2), pool_wait_ns: random.below(3) },
            texts(dbNames),
          )
        : recordOf(
            'http',
            {
              span_kind: 1 + random.below(2),
              status: 200 + random.below(2),
              protocol: 11,
              body_bytes: random.below(3),
              flags: random.below(64),
              text_cut: random.below(8) === 0 ? 1 << random.below(8) : 0,
            },
            texts(names),
          ),
    );
    const facts = factsOf(records);
    expect(facts.filter(({ fact }) => fact.recurring).length).toBeGreaterThan(1_000);
    for (const pair of facts) expectSame(pair);
  });

  it('is not looked for in a record that is too long to come again', () => {
    const record = recordOf('db', { span_kind: 2 }, { statement: 's'.repeat(1_000) });
    expect(factsOf([record, record, record]).map(({ fact }) => fact.recurring)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('cannot leave out what is no part of a record', () => {
    expect(() => recurringBut(1, ['path', 'colour'])).toThrow('colour is neither a field nor a text');
  });
});
