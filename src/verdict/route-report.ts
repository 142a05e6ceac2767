/** What the requests of a route spend their time on, and what there is to gain. Pure. */
import { CAUSES, type Cause } from '../correlate/verdict.ts';
import { quantile, quantileBounds } from './quantile.ts';
import type { Request, RequestSample } from './requests.ts';

const QUANTILES = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;
export type Quantile = keyof typeof QUANTILES;
/** Of all requests, those that are looked at around a quantile, on either side. */
const AROUND = 0.025;
/** A cause that explains less of the slow ones is not told. */
const SHARE_MIN = 0.01;

export interface CauseReport {
  readonly cause: Cause;
  /** What it explains of requests about there, on average, in nanoseconds. */
  readonly ns: Readonly<Record<Quantile, number>>;
  /** The p99 if no request had spent anything on it: it cannot become less by that alone. */
  readonly p99WithoutNs: number;
}

export interface RouteReport {
  readonly service: string;
  readonly route: string;
  readonly requests: number;
  /** Of these, so many were looked at: an even part. */
  readonly lookedAt: number;
  readonly ns: Readonly<Record<Quantile, number>>;
  /** Between which they are of all such requests, with 95 % confidence; null: so few do not tell how far up. */
  readonly bounds: Readonly<Record<Quantile, readonly [low: number, high: number | null]>>;
  /** Those with most to gain first. */
  readonly causes: readonly CauseReport[];
}

export function routeReport(service: string, route: string, requests: RequestSample): RouteReport {
  const sorted = requests.sorted();
  const durations = sorted.map(({ durationNs }) => durationNs);
  const p99 = quantile(durations, QUANTILES.p99);
  const causes = CAUSES.map((cause, index) => ({
    cause,
    ns: ofQuantiles((share) => averageAround(sorted, share, index)),
    p99WithoutNs: quantile(withoutCause(sorted, index), QUANTILES.p99),
  }));
  return {
    service,
    route,
    requests: requests.count,
    lookedAt: sorted.length,
    ns: ofQuantiles((share) => quantile(durations, share)),
    bounds: ofQuantiles((share) => quantileBounds(durations, share)),
    causes: causes
      .filter(({ ns, p99WithoutNs }) => ns.p99 >= SHARE_MIN * p99 || p99 - p99WithoutNs >= SHARE_MIN * p99)
      .sort((a, b) => a.p99WithoutNs - b.p99WithoutNs || b.ns.p99 - a.ns.p99),
  };
}

/** By how much the p99 would at best fall, over all requests: what makes one route more worth it than another. */
export const gainOf = ({ ns, causes, requests }: RouteReport): number =>
  requests * Math.max(0, ns.p99 - (causes[0]?.p99WithoutNs ?? ns.p99));

const ofQuantiles = <T>(of: (share: number) => T): Record<Quantile, T> => ({
  p50: of(QUANTILES.p50),
  p95: of(QUANTILES.p95),
  p99: of(QUANTILES.p99),
});

function averageAround(sorted: readonly Request[], share: number, cause: number): number {
  const from = Math.floor(sorted.length * Math.max(0, share - AROUND));
  const to = Math.max(from + 1, Math.ceil(sorted.length * Math.min(1, share + AROUND)));
  const around = sorted.slice(from, to);
  const sum = around.reduce((all, { byCause }) => all + (byCause[cause] as number), 0);
  return around.length === 0 ? 0 : sum / around.length;
}

const withoutCause = (sorted: readonly Request[], cause: number): number[] =>
  sorted.map(({ durationNs, byCause }) => durationNs - (byCause[cause] as number)).sort((a, b) => a - b);
