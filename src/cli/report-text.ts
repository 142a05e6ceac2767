/** Reports of routes as text. Pure. */
import { codeName } from '../span/code-text.ts';
import type { CodeChange } from '../verdict/code-diff.ts';
import { milliseconds } from '../verdict/milliseconds.ts';
import type { CodeUse } from '../verdict/route-code.ts';
import type { RouteDiff } from '../verdict/route-diff.ts';
import type { Quantile, RouteReport } from '../verdict/route-report.ts';
import { count } from './summary.ts';
import { alignColumns } from './text-table.ts';

const ms = (ns: number): string => `${milliseconds(ns)} ms`;

/** `-91 %`. */
function percent(from: number, to: number): string {
  const change = from === 0 ? 0 : Math.round(((to - from) / from) * 100);
  return `${change > 0 ? '+' : ''}${change} %`;
}

/** With a final newline. */
export function formatReport(routes: readonly RouteReport[]): string {
  return routes.map((route) => `${blockOf(route).join('\n')}\n`).join('\n');
}

/** Of a route: what it is, how long its requests take, and what they spend that on. */
export function blockOf({ service, route, requests, lookedAt, ns, bounds, causes }: RouteReport): string[] {
  const rows = causes.map(({ cause, ns: of, p99WithoutNs }) => [
    cause,
    ...[of.p50, of.p95, of.p99].map(ms),
    `${ms(p99WithoutNs)} (${percent(ns.p99, p99WithoutNs)})`,
  ]);
  return [
    `${route}  ${service}, ${count(requests)} requests${lookedAt < requests ? `, of which ${count(lookedAt)} were looked at` : ''}`,
    `  p50 ${ms(ns.p50)}, p95 ${ms(ns.p95)}, p99 ${ms(ns.p99)} (${boundsOf(bounds.p99)} with 95 % confidence)`,
    ...alignColumns([['cause', 'at p50', 'at p95', 'at p99', 'p99 without it, at best'], ...rows], '  '),
  ];
}

const boundsOf = ([low, high]: RouteReport['bounds'][Quantile]): string =>
  high === null ? `${ms(low)} or more` : `${milliseconds(low)} to ${ms(high)}`;

/** With a final newline. */
export function formatDiff(diffs: readonly RouteDiff[]): string {
  return diffs.map((diff) => `${diffBlockOf(diff).join('\n')}\n`).join('');
}

function diffBlockOf({ service, route, change, at, before, after, causes, code }: RouteDiff): string[] {
  const of = ({ ns, bounds, requests }: RouteReport): string =>
    `${at} ${ms(ns[at])} (${boundsOf(bounds[at])}), ${count(requests)} requests`;
  return [
    `${route}  ${service}: ${CHANGES[change]}`,
    ...(before ? [`  before  ${of(before)}`] : []),
    ...(after ? [`  after   ${of(after)}`] : []),
    ...causes.map(({ cause, ns }) => `  ${signed(ns)} at ${at} by ${cause}`),
    ...(code ? codeLines(code) : []),
  ];
}

const signed = (ns: number): string => `${ns > 0 ? '+' : '-'}${ms(Math.abs(ns))}`;

function codeLines(code: readonly CodeChange[]): string[] {
  if (code.length === 0) return ['  no function with a change beyond what so few samples and waits vary by'];
  const rows = code.map(({ ns, boundNs, use, before, after, ...frame }) => [
    `${signed(ns)} ± ${ms(boundNs)}`,
    `${ms(before.ns)} → ${ms(after.ns)}`,
    USES[use],
    codeName(frame),
  ]);
  return [
    '  of a request, on average, with 95 % confidence for all lines together:',
    ...alignColumns(rows, '  '),
  ];
}

const USES: Readonly<Record<CodeUse, string>> = { cpu: 'on a processor', wait: 'waiting' };

const CHANGES: Readonly<Record<RouteDiff['change'], string>> = {
  slower: 'slower',
  faster: 'faster',
  unclear: 'no change beyond what so few requests vary by',
  new: 'only after',
  gone: 'only before',
};
