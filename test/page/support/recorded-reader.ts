/** A reader of spans over plain arrays: what a store answers, in the simplest way that is right. */
import * as answers from '../../../src/page-api/answers.ts';
import type { Operation, OperationQuery, SearchQuery, TimeRange } from '../../../src/page-api/query.ts';
import type { SpanReader } from '../../../src/page-api/span-store.ts';
import { attributesOf, type OtlpRequest, type OtlpSpan } from './otlp.ts';

interface Kept extends Operation {
  readonly span: OtlpSpan;
  readonly startUs: number;
  readonly durationNs: number;
  readonly isError: boolean;
  readonly attributes: answers.Attributes;
  readonly resource: answers.Attributes;
  readonly spent: answers.Spent;
  readonly scope: { name: string; version: string };
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
const durations = (of: readonly Kept[]): number[] =>
  of.map(({ durationNs }) => durationNs).sort((a, b) => a - b);
const isIn = ({ fromUs, toUs }: TimeRange, { startUs }: Kept): boolean => startUs >= fromUs && startUs < toUs;

function sumsOf(all: readonly answers.Spent[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const spent of all) for (const [use, ns] of Object.entries(spent)) sums[use] = (sums[use] ?? 0) + ns;
  return sums;
}

export class RecordedReader implements SpanReader {
  readonly #spans: Kept[] = [];

  add(requests: readonly OtlpRequest[]): answers.SpanHit[] {
    const hits: answers.SpanHit[] = [];
    for (const { resourceSpans } of requests) {
      for (const { resource: told, scopeSpans } of resourceSpans) {
        const resource = attributesOf(told.attributes);
        for (const { scope, spans } of scopeSpans) {
          for (const span of spans) {
            const attributes = attributesOf(span.attributes);
            const kept: Kept = {
              span,
              service: String(resource['service.name']),
              name: span.name,
              kind: span.kind,
              startUs: Number(BigInt(span.startTimeUnixNano) / 1000n),
              durationNs: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)),
              isError: span.status?.code === 2,
              attributes,
              resource,
              spent: JSON.parse(String(attributes['goidspan.breakdown'] ?? '{}')),
              scope: { name: scope.name, version: scope.version ?? '' },
            };
            this.#spans.push(kept);
            hits.push(hitOf(kept));
          }
        }
      }
    }
    this.#spans.sort((a, b) => a.startUs - b.startUs);
    return hits;
  }

  #of({ service, name, kind, ...range }: Operation & TimeRange): Kept[] {
    return this.#spans.filter(
      (kept) => isIn(range, kept) && kept.service === service && kept.name === name && kept.kind === kind,
    );
  }

  async services(range: TimeRange) {
    return [...new Set(this.#spans.filter((kept) => isIn(range, kept)).map(({ service }) => service))].sort();
  }

  async operations(range: TimeRange & { service?: string | undefined }) {
    const groups = new Map<string, Kept[]>();
    for (const kept of this.#spans) {
      if (!isIn(range, kept) || (range.service && kept.service !== range.service)) continue;
      const key = JSON.stringify([kept.service, kept.name, kept.kind]);
      const group = groups.get(key);
      if (group) group.push(kept);
      else groups.set(key, [kept]);
    }
    const operations = [...groups.values()].map((group): answers.OperationRow => {
      const { service, name, kind } = group[0] as Kept;
      const sorted = durations(group);
      const causes = group.map(({ attributes }) => attributes['goidspan.verdict.cause']);
      const rate = new Array<number>(40).fill(0);
      for (const { startUs } of group) {
        const part = Math.floor((40 * (startUs - range.fromUs)) / (range.toUs - range.fromUs));
        rate[part] = (rate[part] ?? 0) + 1;
      }
      return {
        ...{ service, name, kind, count: group.length, rate },
        errors: group.filter(({ isError }) => isError).length,
        p50Ns: quantile(sorted, 0.5),
        p95Ns: quantile(sorted, 0.95),
        p99Ns: quantile(sorted, 0.99),
        sumNs: sorted.reduce((sum, ns) => sum + ns, 0),
        spent: sumsOf(group.map(({ spent }) => spent)),
        causes: sumsOf(
          causes.filter((cause) => cause !== undefined).map((cause) => ({ [String(cause)]: 1 })),
        ),
      };
    });
    return { operations, others: 0 };
  }

  async scatter(query: OperationQuery & { points: number }): Promise<answers.ScatterAnswer> {
    const all = this.#of(query);
    const every = Math.max(1, Math.ceil(all.length / query.points));
    const p99 = quantile(durations(all), 0.99);
    const shown = all.filter(
      ({ isError, durationNs }, index) => isError || durationNs >= p99 || index % every === 0,
    );
    return {
      traceId: shown.map(({ span }) => span.traceId),
      spanId: shown.map(({ span }) => span.spanId),
      startUs: shown.map(({ startUs }) => startUs),
      durationNs: shown.map(({ durationNs }) => durationNs),
      flags: shown.map(flagsOf),
      of: all.length,
    };
  }

  async compare(query: OperationQuery & { around: TimeRange }): Promise<answers.CompareAnswer> {
    const all = this.#of({ ...query, ...query.around });
    const isInside = (kept: Kept): boolean =>
      isIn(query, kept) &&
      kept.durationNs >= (query.minNs ?? 0) &&
      kept.durationNs <= (query.maxNs ?? Number.MAX_VALUE);
    const [inside, outside] = [all.filter(isInside), all.filter((kept) => !isInside(kept))];
    const [a, b] = [sideOf(inside), sideOf(outside)];
    const differences: answers.Difference[] = Object.keys({ ...a.shares, ...b.shares }).map((key) => ({
      ...{ kind: 'spent', key, inside: a.shares[key] ?? 0, outside: b.shares[key] ?? 0 },
    }));
    const values = new Map<string, { key: string; value: string; inside: number; outside: number }>();
    for (const [side, group] of [
      ['inside', inside],
      ['outside', outside],
    ] as const) {
      for (const { attributes } of group) {
        for (const [key, told] of Object.entries(attributes)) {
          if (key.startsWith('goidspan.') || key.startsWith('thread.') || key.startsWith('network.peer'))
            continue;
          const value = String(told);
          const known = values.get(`${key}=${value}`) ?? { key, value, inside: 0, outside: 0 };
          known[side] += 1 / group.length;
          values.set(`${key}=${value}`, known);
        }
      }
    }
    for (const value of values.values()) differences.push({ kind: 'attribute', ...value });
    const size = (d: answers.Difference): number => Math.abs(d.inside - d.outside);
    differences.sort((x, y) => size(y) - size(x));
    return { inside: a, outside: b, differences: differences.slice(0, 30) };
  }

  async search(query: SearchQuery): Promise<answers.SearchAnswer> {
    const within = this.#spans.filter((kept) => isIn(query, kept));
    const hits = within.filter(
      (kept) =>
        (query.service === undefined || kept.service === query.service) &&
        (query.name === undefined || kept.name === query.name) &&
        (query.kind === undefined || kept.kind === query.kind) &&
        kept.durationNs >= (query.minNs ?? 0) &&
        kept.durationNs <= (query.maxNs ?? Number.MAX_VALUE) &&
        (!query.isError || kept.isError) &&
        (query.waitTop === undefined || kept.attributes['goidspan.wait.top'] === query.waitTop) &&
        (query.cause === undefined || kept.attributes['goidspan.verdict.cause'] === query.cause) &&
        (query.attributes ?? []).every(
          ({ key, value }) => String(kept.attributes[key] ?? kept.resource[key]) === value,
        ),
    );
    return {
      hits: hits.slice(-query.limit).reverse().map(hitOf),
      searched: { spans: within.length, of: within.length },
    };
  }

  async trace(traceId: string): Promise<answers.TraceAnswer | undefined> {
    const spans = this.#spans.filter(({ span }) => span.traceId === traceId);
    if (spans.length === 0) return undefined;
    const texts: string[] = [];
    const numbers = new Map<string, number>();
    const text = (value: string): number => {
      const known = numbers.get(value) ?? texts.push(value) - 1;
      numbers.set(value, known);
      return known;
    };
    const places = new Map(spans.map(({ span }, index) => [span.spanId, index]));
    const goid = (key: string) => (kept: Kept) => Number(kept.attributes[key] ?? 0);
    const verdict = ({ attributes }: Kept): number =>
      attributes['goidspan.verdict'] === undefined ? -1 : text(String(attributes['goidspan.verdict']));
    const pairs = ({ spent }: Kept): number[] =>
      Object.entries(spent).flatMap(([use, ns]) => [text(use), ns]);
    const linked = ({ span }: Kept): [string, string][] =>
      (span.links ?? []).map((link) => [link.traceId, link.spanId]);
    const some = <T>(of: (kept: Kept) => readonly T[]): Record<string, readonly T[]> =>
      Object.fromEntries(spans.flatMap((kept, index) => (of(kept).length > 0 ? [[index, of(kept)]] : [])));
    return {
      traceId,
      texts,
      spanId: spans.map(({ span }) => span.spanId),
      parent: spans.map(({ span }) => (span.parentSpanId ? (places.get(span.parentSpanId) ?? -2) : -1)),
      service: spans.map(({ service }) => text(service)),
      name: spans.map(({ name }) => text(name)),
      kind: spans.map(({ kind }) => kind),
      startUs: spans.map(({ startUs }) => startUs),
      durationNs: spans.map(({ durationNs }) => durationNs),
      flags: spans.map(flagsOf),
      verdict: spans.map(verdict),
      spent: some(pairs),
      links: some(linked),
      goid: spans.map(goid('goidspan.goid')),
      parentGoid: spans.map(goid('goidspan.parent_goid')),
      left: 0,
    };
  }

  async span(traceId: string, spanId: string): Promise<answers.SpanAnswer | undefined> {
    const kept = this.#spans.find(({ span }) => span.traceId === traceId && span.spanId === spanId);
    if (!kept) return undefined;
    const { span } = kept;
    const hour = { fromUs: kept.startUs - 1800e6, toUs: kept.startUs + 1800e6 };
    const { service, name, kind } = kept;
    const others = this.#of({ service, name, kind, ...hour });
    const below = others.filter(({ durationNs }) => durationNs < kept.durationNs).length;
    return {
      ...hitOf(kept),
      ...(span.parentSpanId && { parentSpanId: span.parentSpanId }),
      ...(span.status?.message && { statusMessage: span.status.message }),
      attributes: kept.attributes,
      resource: kept.resource,
      scope: kept.scope,
      events: (span.events ?? []).map((event) => ({
        name: event.name,
        timeUs: Number(BigInt(event.timeUnixNano) / 1000n),
        attributes: attributesOf(event.attributes),
      })),
      links: (span.links ?? []).map((link) => ({
        ...{ traceId: link.traceId, spanId: link.spanId, attributes: attributesOf(link.attributes) },
      })),
      rank: { below: below / others.length, of: others.length },
    };
  }

  // biome-ignore lint/correctness/useYield: nothing that is recorded here is exported again.
  async *traceBytes(): AsyncIterable<Uint8Array> {
    throw new Error('recorded spans are not exported');
  }

  async state(): Promise<answers.StoreState> {
    return {
      ...{
        spans: this.#spans.length,
        bytes: this.#spans.length * 120,
        maxBytes: 2e9,
        maxAgeMs: 7 * 86_400_000,
      },
      oldestUs: this.#spans[0]?.startUs ?? 0,
      newestUs: this.#spans.at(-1)?.startUs ?? 0,
      losses: { malformed: 2, removed_by_size: 41_870 },
    };
  }

  async close(): Promise<void> {}
}

const flagsOf = ({ isError, spent }: Kept): number =>
  (isError ? answers.SPAN_IS_ERROR : 0) | (Object.keys(spent).length > 0 ? answers.SPAN_HAS_BREAKDOWN : 0);

function hitOf({
  span,
  service,
  name,
  kind,
  startUs,
  durationNs,
  isError,
  attributes,
}: Kept): answers.SpanHit {
  const { 'goidspan.wait.top': waitTop, 'goidspan.verdict.cause': cause } = attributes;
  return {
    ...{ traceId: span.traceId, spanId: span.spanId, service, name, kind, startUs, durationNs, isError },
    ...(waitTop !== undefined && { waitTop: String(waitTop) }),
    ...(cause !== undefined && { cause: String(cause) }),
  };
}

function sideOf(group: readonly Kept[]): answers.CompareSide {
  const told = group.filter(({ spent }) => Object.keys(spent).length > 0);
  const shares = sumsOf(
    told.map(({ spent, durationNs }) =>
      Object.fromEntries(Object.entries(spent).map(([use, ns]) => [use, ns / durationNs / told.length])),
    ),
  );
  return { spans: group.length, p50Ns: quantile(durations(group), 0.5), shares };
}
