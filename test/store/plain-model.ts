/** A store as a list of spans: slow, and plain enough to be seen to be right. And spans at random to fill one with. */

import { timeUses } from '../../src/correlate/time-spent.ts';
import { CAUSES } from '../../src/correlate/verdict.ts';
import type { OperationQuery, SearchQuery, TimeRange } from '../../src/page-api/query.ts';
import type { Random } from '../support/random.ts';
import type { PlainSpan } from '../support/request-of.ts';

const hex = (random: Random, bytes: number): string =>
  Array.from({ length: bytes }, () => random.below(256).toString(16).padStart(2, '0')).join('');

const START_US = 1_796_000_000_000_000;
const services = ['shop', 'stock', 'käse'];
const names = ['GET /a', 'GET /b/{id}', 'POST /c', 'SELECT items', 'wait mutex'];

/** Spans of a few traces within some minutes. */
export function randomSpans(random: Random, count: number, minutes = 30): PlainSpan[] {
  let traceId = hex(random, 16);
  return Array.from({ length: count }, () => {
    if (random.below(4) === 0) traceId = hex(random, 16);
    const durationNs = 2 ** random.below(34) + random.below(1_000);
    const attributes: Record<string, string | number | boolean> = {
      'http.route': random.pick(['/a', '/b', '/c']),
      'http.response.status_code': random.pick([200, 404, 500]),
      'app.flag': random.below(2) === 0,
    };
    if (random.below(3) > 0) {
      const [one] = random.pick(timeUses);
      const [other] = random.pick(timeUses);
      const part = Math.floor((durationNs * random.below(101)) / 100);
      const spent = one === other ? { [one]: durationNs } : { [one]: part, [other]: durationNs - part };
      attributes['goidspan.breakdown'] = JSON.stringify(spent);
      attributes['goidspan.wait.top'] =
        random.below(20) === 0 ? 'something new' : part * 2 > durationNs ? one : other;
    }
    if (random.below(5) === 0)
      attributes['goidspan.verdict.cause'] = random.below(10) === 0 ? 'new' : random.pick(CAUSES);
    return {
      traceId,
      spanId: hex(random, 8),
      service: random.pick(services),
      name: random.pick(names),
      kind: 1 + random.below(5),
      startUs: START_US + random.below(minutes * 60_000_000),
      durationNs,
      isError: random.below(10) === 0,
      attributes,
    };
  });
}

/** A time within those of `randomSpans`, or around all of them. */
export function randomRange(random: Random, minutes = 30): TimeRange {
  const whole = minutes * 60_000_000;
  if (random.below(4) === 0) return { fromUs: START_US, toUs: START_US + whole };
  const fromUs = START_US + random.below(whole);
  return { fromUs, toUs: fromUs + 1 + random.below(whole) };
}

const isIn = ({ startUs }: PlainSpan, { fromUs, toUs }: TimeRange): boolean =>
  startUs >= fromUs && startUs < toUs;

export class PlainModel {
  readonly spans: PlainSpan[] = [];

  services(range: TimeRange): string[] {
    return [...new Set(this.spans.filter((span) => isIn(span, range)).map(({ service }) => service))].sort();
  }

  of(query: OperationQuery): PlainSpan[] {
    return this.spans.filter(
      (span) =>
        isIn(span, query) &&
        span.service === query.service &&
        span.name === query.name &&
        span.kind === query.kind &&
        span.durationNs >= (query.minNs ?? 0) &&
        span.durationNs <= (query.maxNs ?? Number.POSITIVE_INFINITY),
    );
  }

  search(query: SearchQuery): PlainSpan[] {
    const isMeant = (span: PlainSpan): boolean =>
      isIn(span, query) &&
      (query.service === undefined || span.service === query.service) &&
      (query.name === undefined || span.name === query.name) &&
      (query.kind === undefined || span.kind === query.kind) &&
      span.durationNs >= (query.minNs ?? 0) &&
      span.durationNs <= (query.maxNs ?? Number.POSITIVE_INFINITY) &&
      (query.isError === undefined || span.isError === query.isError) &&
      (query.waitTop === undefined || span.attributes['goidspan.wait.top'] === query.waitTop) &&
      (query.cause === undefined || span.attributes['goidspan.verdict.cause'] === query.cause) &&
      (query.attributes ?? []).every(({ key, value }) => {
        const ofResource: Record<string, string> = {
          'service.name': span.service,
          'host.name': `host of ${span.service}`,
        };
        return String(span.attributes[key]) === value || ofResource[key] === value;
      });
    return this.spans
      .filter(isMeant)
      .sort((a, b) => b.startUs - a.startUs)
      .slice(0, query.limit);
  }

  /** By service, name and kind. */
  operations(range: TimeRange): Map<string, PlainSpan[]> {
    const by = new Map<string, PlainSpan[]>();
    for (const span of this.spans.filter((candidate) => isIn(candidate, range))) {
      const key = `${span.service} ${span.name} ${span.kind}`;
      by.set(key, [...(by.get(key) ?? []), span]);
    }
    return by;
  }
}

/** What is below that share of them, exactly. */
export function exactQuantile(spans: readonly PlainSpan[], share: number): number {
  const sorted = spans.map(({ durationNs }) => durationNs).sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
