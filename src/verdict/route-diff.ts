/** What has changed of a route between two reports. Pure. */
import { CAUSES, type Cause } from '../correlate/verdict.ts';
import type { RouteReport } from './route-report.ts';

/** A cause that has changed by less of the duration is not told. */
const SHARE_MIN = 0.05;

export interface RouteDiff {
  readonly service: string;
  readonly route: string;
  /** `new` and `gone` where only one of the recordings has it; `unclear`: no more than so few requests vary by. */
  readonly change: 'slower' | 'faster' | 'unclear' | 'new' | 'gone';
  readonly before?: RouteReport | undefined;
  readonly after?: RouteReport | undefined;
  /** By how much the slow requests spend more on each cause, in nanoseconds; the largest change first. */
  readonly causes: readonly { readonly cause: Cause; readonly p99Ns: number }[];
}

export function routeDiff(before: RouteReport | undefined, after: RouteReport | undefined): RouteDiff {
  const { service, route } = (after ?? before) as RouteReport;
  return { service, route, change: changeOf(before, after), before, after, causes: causesOf(before, after) };
}

function changeOf(before: RouteReport | undefined, after: RouteReport | undefined): RouteDiff['change'] {
  if (before === undefined) return 'new';
  if (after === undefined) return 'gone';
  if (after.p99Bounds[0] > before.p99Bounds[1]) return 'slower';
  return after.p99Bounds[1] < before.p99Bounds[0] ? 'faster' : 'unclear';
}

function causesOf(before: RouteReport | undefined, after: RouteReport | undefined): RouteDiff['causes'] {
  const p99Of = (report: RouteReport | undefined, cause: Cause): number =>
    report?.causes.find((each) => each.cause === cause)?.ns.p99 ?? 0;
  const least = SHARE_MIN * Math.max(before?.ns.p99 ?? 0, after?.ns.p99 ?? 0);
  return CAUSES.map((cause) => ({ cause, p99Ns: p99Of(after, cause) - p99Of(before, cause) }))
    .filter(({ p99Ns }) => Math.abs(p99Ns) >= least)
    .sort((a, b) => Math.abs(b.p99Ns) - Math.abs(a.p99Ns));
}
