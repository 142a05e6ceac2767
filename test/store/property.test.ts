/** The store against a list of spans, through every way a span goes: growing, sealed, reopened, sealed by who comes after. */
import { describe, expect, it } from 'vitest';
import { CAUSES } from '../../src/correlate/verdict.ts';
import type { SpanHit } from '../../src/page-api/answers.ts';
import type { SearchQuery } from '../../src/page-api/query.ts';
import { rollupOf } from '../../src/store/operations-query.ts';
import { Reader } from '../../src/store/reader.ts';
import { sealSegment } from '../../src/store/seal-segment.ts';
import { SegmentSet } from '../../src/store/segment-set.ts';
import { USES } from '../../src/store/uses.ts';
import { Writer } from '../../src/store/writer.ts';
import { temporaryFolder } from '../support/command.ts';
import { isFullRun } from '../support/full-run.ts';
import { decodeRequest } from '../support/otlp-proto.ts';
import { Random } from '../support/random.ts';
import { type PlainSpan, requestOf, shuffled } from '../support/request-of.ts';
import { exactQuantile, PlainModel, randomRange, randomSpans } from './plain-model.ts';

const limits = { maxBytes: 1 << 30, maxAgeMs: 86_400_000 };
const seeds = Array.from({ length: isFullRun ? 40 : 6 }, (_, index) => index + 1);

/** A store with spans of some requests, a part of them in segments of about 150. */
async function filled(seed: number): Promise<{ random: Random; model: PlainModel; folder: string }> {
  const random = new Random(seed);
  const model = new PlainModel();
  const folder = await temporaryFolder();
  let writer = new Writer(folder, limits, { spans: 150, ageMs: 1e9 });
  for (let request = 0; request < 40; request++) {
    const requests = Array.from({ length: 1 + random.below(3) }, () =>
      randomSpans(random, 1 + random.below(20)),
    );
    model.spans.push(...requests.flat());
    const bytes = requests.map(requestOf).map((one) => (random.below(3) === 0 ? shuffled(one, random) : one));
    expect(writer.append(bytes).map(({ stored }) => stored)).toEqual(requests.map(({ length }) => length));
    const file = random.below(2) === 0 ? writer.nextToSeal() : undefined;
    if (file) {
      sealSegment(file, { onOpen: () => writer.opened(file.number) });
      writer.sealed('sealed');
    }
    if (random.below(10) > 0) continue;
    writer.close();
    writer = new Writer(folder, limits, { spans: 150, ageMs: 1e9 });
  }
  writer.close();
  return { random, model, folder };
}

const byId = (a: { readonly spanId: string }, b: { readonly spanId: string }): number =>
  a.spanId.localeCompare(b.spanId);

function hitOf({ attributes, ...span }: PlainSpan): SpanHit {
  const waitTop = attributes['goidspan.wait.top'];
  const cause = attributes['goidspan.verdict.cause'];
  return {
    ...span,
    ...(waitTop !== undefined && { waitTop: String(waitTop) }),
    ...(cause !== undefined && { cause: String(cause) }),
  };
}

function randomSearch(random: Random): SearchQuery {
  const maybe = <T>(value: T): T | undefined => (random.below(4) === 0 ? value : undefined);
  return {
    ...randomRange(random),
    service: maybe(random.pick(['shop', 'käse', 'nobody'])),
    name: maybe(random.pick(['GET /a', 'wait mutex'])),
    kind: maybe(1 + random.below(5)),
    minNs: maybe(2 ** random.below(34)),
    maxNs: maybe(2 ** random.below(34)),
    isError: maybe(random.below(2) === 0),
    waitTop: maybe(random.pick([...USES, 'something new'])),
    cause: maybe(random.pick([...CAUSES, 'new'])),
    attributes: maybe(
      random.pick([
        [{ key: 'http.route', value: '/a' }],
        [{ key: 'http.response.status_code', value: '404' }],
        [
          { key: 'app.flag', value: 'true' },
          { key: 'host.name', value: 'host of shop' },
        ],
        [{ key: 'http.route', value: '/nowhere' }],
      ]),
    ),
    limit: random.pick([1, 5, 20, 10_000]),
  };
}

describe.for(seeds)('a store of random spans (seed %i)', (seed) => {
  it('answers as a list of them would', { timeout: 120_000 }, async () => {
    const { random, model, folder } = await filled(seed);
    const reader = new Reader(folder, limits);

    const state = reader.state();
    expect(state).toMatchObject({ spans: model.spans.length, losses: {} });
    expect(state.oldestUs).toBe(Math.min(...model.spans.map(({ startUs }) => startUs)));
    expect(state.newestUs).toBe(Math.max(...model.spans.map(({ startUs }) => startUs)));

    for (let query = 0; query < 150; query++) {
      const asked = randomSearch(random);
      const { hits, searched } = reader.search(asked);
      const wanted = model.search(asked);
      expect(
        hits.map(({ startUs }) => startUs),
        JSON.stringify(asked),
      ).toEqual(wanted.map(({ startUs }) => startUs));
      if (wanted.length < asked.limit) expect([...hits].sort(byId)).toEqual(wanted.map(hitOf).sort(byId));
      expect(searched).toEqual({
        spans: searched.of,
        of: model.spans.filter(({ startUs }) => startUs >= asked.fromUs && startUs < asked.toUs).length,
      });
    }

    for (let query = 0; query < 30; query++) {
      const range = randomRange(random);
      expect(reader.services(range)).toEqual(model.services(range));
      const wanted = model.operations(range);
      const { operations, others } = reader.operations(range);
      expect(others).toBe(0);
      expect(operations.map(({ service, name, kind }) => `${service} ${name} ${kind}`).sort()).toEqual(
        [...wanted.keys()].sort(),
      );
      for (const row of operations) {
        const spans = wanted.get(`${row.service} ${row.name} ${row.kind}`) as PlainSpan[];
        expectRow(row, spans);
      }
    }

    for (let query = 0; query < 60; query++) {
      const { service, name, kind } = random.pick(model.spans);
      const asked = {
        service,
        name,
        kind,
        ...randomRange(random),
        ...(random.below(2) === 0 && { minNs: 2 ** random.below(34) }),
      };
      const wanted = model.of(asked);
      const all = reader.scatter({ ...asked, points: 10_000 });
      expect(all.of).toBe(wanted.length);
      expect([...all.spanId].sort()).toEqual(wanted.map(({ spanId }) => spanId).sort());
      const some = reader.scatter({ ...asked, points: 20 });
      expect(some.spanId.length).toBeLessThanOrEqual(25 + wanted.filter(({ isError }) => isError).length);
      expect(some.of).toBe(wanted.length);
      const errors = wanted.filter(({ isError }) => isError).map(({ spanId }) => spanId);
      if (errors.length < 10) expect(some.spanId).toEqual(expect.arrayContaining(errors));
      const around = randomRange(random);
      const { inside, outside } = reader.compare({ ...asked, around });
      expect(inside.spans).toBe(wanted.length);
      const others = model.of({ service, name, kind, ...around }).filter((span) => !wanted.includes(span));
      expect(outside.spans).toBe(others.length);
      expectShares(inside.shares, wanted);
      expectShares(outside.shares, others);
    }

    for (let query = 0; query < 30; query++) {
      const span = random.pick(model.spans);
      const wanted = model.spans.filter(({ traceId }) => traceId === span.traceId);
      const trace = reader.trace(span.traceId);
      expect([...(trace?.spanId ?? [])].sort()).toEqual(wanted.map(({ spanId }) => spanId).sort());
      expect(trace?.startUs).toEqual(wanted.map(({ startUs }) => startUs).sort((a, b) => a - b));
      const { rank, ...found } = reader.span(span.traceId, span.spanId) ?? {};
      expect(found).toMatchObject({
        ...hitOf(span),
        attributes: span.attributes,
        resource: { 'service.name': span.service },
      });
      expect(rank?.of).toBeGreaterThanOrEqual(1);
      const parts = reader.traceBytes(span.traceId, 1_000);
      const sent = parts.flatMap(
        (part) => JSON.stringify(decodeRequest(part)).match(/"spanId":"[0-9a-f]{16}"/g) ?? [],
      );
      expect(sent.sort()).toEqual(wanted.map(({ spanId }) => `"spanId":"${spanId}"`).sort());
      for (const part of parts.filter((_, index) => index < parts.length - 1))
        expect(part.length).toBeLessThanOrEqual(1_000);
    }
    expect(reader.trace('ab'.repeat(16))).toBeUndefined();
    expect(reader.trace('no id')).toBeUndefined();
    reader.close();
  });
});

function expectRow(
  row: ReturnType<Reader['operations']>['operations'][number],
  spans: readonly PlainSpan[],
): void {
  expect(row.count).toBe(spans.length);
  expect(row.errors).toBe(spans.filter(({ isError }) => isError).length);
  expect(row.sumNs).toBe(spans.reduce((sum, { durationNs }) => sum + durationNs, 0));
  expect(row.rate.reduce((sum, count) => sum + count, 0)).toBe(spans.length);
  for (const [quantile, share] of [
    [row.p50Ns, 0.5],
    [row.p95Ns, 0.95],
    [row.p99Ns, 0.99],
  ] as const) {
    const exact = exactQuantile(spans, share);
    expect(Math.abs(quantile - exact)).toBeLessThanOrEqual(exact * 0.025 + 1);
  }
  const causes: Record<string, number> = {};
  for (const { attributes } of spans) {
    const cause = attributes['goidspan.verdict.cause'];
    if (cause === undefined) continue;
    const name = cause === 'new' ? 'other' : String(cause);
    causes[name] = (causes[name] ?? 0) + 1;
  }
  expect(row.causes).toEqual(causes);
  const spent = spentOf(spans);
  for (const use of USES) {
    const most = spans.reduce((sum, { durationNs }) => sum + durationNs, 0);
    expect(Math.abs((row.spent[use] ?? 0) - (spent[use] ?? 0))).toBeLessThanOrEqual(most / 500 + 1);
  }
}

function spentOf(spans: readonly PlainSpan[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const { attributes } of spans) {
    const breakdown = JSON.parse(String(attributes['goidspan.breakdown'] ?? '{}')) as Record<string, number>;
    for (const [use, ns] of Object.entries(breakdown)) sum[use] = (sum[use] ?? 0) + ns;
  }
  return sum;
}

function expectShares(shares: Readonly<Record<string, number>>, spans: readonly PlainSpan[]): void {
  const told = spans.filter(({ attributes }) => attributes['goidspan.breakdown'] !== undefined);
  for (const use of USES) {
    const sum = told.reduce((total, span) => total + (spentOf([span])[use] ?? 0) / span.durationNs, 0);
    expect(Math.abs((shares[use] ?? 0) - (told.length === 0 ? 0 : sum / told.length))).toBeLessThanOrEqual(
      0.003,
    );
  }
}

describe('the sums of minutes', () => {
  it('are those of the spans, wherever a time begins and ends', async () => {
    const folder = await temporaryFolder();
    const random = new Random(5);
    const spans = randomSpans(random, 20_000, 90);
    const writer = new Writer(folder, limits, { spans: 5_000, ageMs: 1e9 });
    for (let at = 0; at < spans.length; at += 500) {
      writer.append([requestOf(spans.slice(at, at + 500))]);
      const file = writer.nextToSeal();
      if (file === undefined) continue;
      sealSegment(file, { onOpen: () => writer.opened(file.number) });
      writer.sealed('sealed');
    }
    writer.close();
    const reader = new Reader(folder, limits);
    const { service, name, kind } = spans[0] as PlainSpan;
    const model = new PlainModel();
    model.spans.push(...spans);
    for (let query = 0; query < 40; query++) {
      const range = randomRange(random, 90);
      // A rank is taken from sums of minutes, the table of so few spans from the spans.
      const of = reader
        .operations(range)
        .operations.find((row) => row.service === service && row.name === name && row.kind === kind);
      const set = new SegmentSet(folder);
      const rollup = rollupOf(set.segments(), { service, name, kind }, range);
      set.close();
      const wanted = model.of({ service, name, kind, ...range });
      expect(rollup.count).toBe(wanted.length);
      expect(of?.count ?? 0).toBe(wanted.length);
      expect(rollup.errors).toBe(of?.errors ?? 0);
      expect(rollup.sumNs).toBe(of?.sumNs ?? 0);
    }
    reader.close();
  });
});
