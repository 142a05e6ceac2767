/** In which functions the requests of a route spend more, or less, than before: only what is more than chance does. Pure. */
import type { CodeFrame } from '../correlate/code-place.ts';
import { normalBound } from './normal-bound.ts';
import type { CodeUse, FunctionUse, RouteCode } from './route-code.ts';

/** So many are told of a route. */
const TOLD_MAX = 10;
/** Of fewer requests nobody can say how much they differ. */
const REQUESTS_MIN = 30;
/** A change by less of all that requests spend in that way is not told. */
const SHARE_MIN = 0.05;
/** How sure all of a route are together. */
const CONFIDENCE = 0.95;

export interface CodeSpent {
  /** Of a request, on average, in nanoseconds. */
  readonly ns: number;
  /** So many samples or waits say so. */
  readonly hits: number;
}

export interface CodeChange {
  readonly use: CodeUse;
  readonly function: string;
  /** Where most of it is spent, in the recording in which it spends more. */
  readonly file: string;
  readonly line: number;
  readonly before: CodeSpent;
  readonly after: CodeSpent;
  /** What a request spends more, on average, in nanoseconds. */
  readonly ns: number;
  /** By how much that may be off. */
  readonly boundNs: number;
}

/** The largest change first. */
export function codeDiff(before: RouteCode, after: RouteCode): readonly CodeChange[] {
  if (Math.min(before.requests, after.requests) < REQUESTS_MIN) return [];
  const [earlier, later] = [before.functions(), after.functions()];
  const keys = [...new Set([...earlier.keys(), ...later.keys()])];
  const z = normalBound(1 - (1 - CONFIDENCE) / keys.length);
  const sides = [
    [earlier, before.requests],
    [later, after.requests],
  ] as const;
  const least = { cpu: leastOf('cpu', ...sides), wait: leastOf('wait', ...sides) };
  return keys
    .map((key) => changeOf([earlier.get(key), before.requests], [later.get(key), after.requests], z))
    .filter(({ use, ns, boundNs }) => Math.abs(ns) > boundNs && Math.abs(ns) >= least[use])
    .sort((a, b) => Math.abs(b.ns) - Math.abs(a.ns))
    .slice(0, TOLD_MAX);
}

type Side = readonly [use: FunctionUse | undefined, requests: number];

function changeOf(before: Side, after: Side, z: number): CodeChange {
  const [earlier, later] = [spentOf(before), spentOf(after)];
  const ns = later.ns - earlier.ns;
  const { use, frame } = ((ns > 0 ? after[0] : before[0]) ?? after[0] ?? before[0]) as FunctionUse;
  const { function: name, file, line }: CodeFrame = frame;
  const hitNs = ((before[0]?.ns ?? 0) + (after[0]?.ns ?? 0)) / (earlier.hits + later.hits);
  const boundNs = z * Math.sqrt(varianceOf(before, hitNs) + varianceOf(after, hitNs));
  return { use, function: name, file, line, before: earlier, after: later, ns, boundNs };
}

const spentOf = ([use, requests]: Side): CodeSpent => ({
  ns: (use?.ns ?? 0) / requests,
  hits: use?.hits ?? 0,
});

/**
 * Of the average: by how much requests differ among themselves, which holds whether hits come one by one or many in one
 * request, and one hit more, since where there are few, or none, they do not show how much there could have been.
 */
function varianceOf([use, requests]: Side, hitNs: number): number {
  const sum = use?.ns ?? 0;
  const ofOne = Math.max(0, ((use?.squares ?? 0) - sum ** 2 / requests) / (requests - 1));
  return ofOne / requests + (hitNs / requests) ** 2;
}

/** Of all that requests of either spend in that way. */
function leastOf(use: CodeUse, ...sides: readonly (readonly [ReadonlyMap<string, FunctionUse>, number])[]) {
  const spent = sides.map(([functions, requests]) =>
    [...functions.values()].reduce((sum, of) => sum + (of.use === use ? of.ns / requests : 0), 0),
  );
  return SHARE_MIN * Math.max(...spent);
}
