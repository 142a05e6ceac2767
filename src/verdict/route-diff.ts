/** What has changed of a route between two reports. Pure. */
import { CAUSES, type Cause } from '../correlate/verdict.ts';
import type { CodeChange } from './code-diff.ts';
import type { Quantile, RouteReport } from './route-report.ts';

/** A cause that has changed by less of the duration is not told. */
const SHARE_MIN = 0.05;

export interface RouteDiff {
  readonly service: string;
  readonly route: string;
  /** `new` and `gone` where only one of the recordings has it; `unclear`: no more than so few requests vary by. */
  readonly change: 'slower' | 'faster' | 'unclear' | 'new' | 'gone';
  /** Which requests have changed: the slowest of which there are enough to tell. */
  readonly at: Quantile;
  readonly before?: RouteReport | undefined;
  readonly after?: RouteReport | undefined;
  /** By how much these spend more on each cause, in nanoseconds; the largest change first. */
  readonly causes: readonly { readonly cause: Cause; readonly ns: number }[];
  /** In which functions all requests spend more or less; absent where not both recordings say where they were in their code. */
  readonly code?: readonly CodeChange[];
}

export function routeDiff(before: RouteReport | undefined, after: RouteReport | undefined): RouteDiff {
  const { service, route } = (after ?? before) as RouteReport;
  const about = { service, route, before, after };
  if (before === undefined || after === undefined) {
    return { ...about, change: before === undefined ? 'new' : 'gone', at: 'p99', causes: [] };
  }
  for (const at of ['p99', 'p95', 'p50'] as const) {
    const change = changeOf(before.bounds[at], after.bounds[at]);
    if (change !== undefined) return { ...about, change, at, causes: causesOf(before, after, at) };
  }
  return { ...about, change: 'unclear', at: 'p99', causes: [] };
}

type Bounds = RouteReport['bounds'][Quantile];

function changeOf(
  [lowBefore, highBefore]: Bounds,
  [lowAfter, highAfter]: Bounds,
): 'slower' | 'faster' | undefined {
  if (highBefore !== null && lowAfter > highBefore) return 'slower';
  return highAfter !== null && highAfter < lowBefore ? 'faster' : undefined;
}

function causesOf(before: RouteReport, after: RouteReport, at: Quantile): RouteDiff['causes'] {
  const spent = (report: RouteReport, cause: Cause): number =>
    report.causes.find((each) => each.cause === cause)?.ns[at] ?? 0;
  const least = SHARE_MIN * Math.max(before.ns[at], after.ns[at]);
  return CAUSES.map((cause) => ({ cause, ns: spent(after, cause) - spent(before, cause) }))
    .filter(({ ns }) => Math.abs(ns) >= least)
    .sort((a, b) => Math.abs(b.ns) - Math.abs(a.ns));
}
