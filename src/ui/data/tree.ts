/** The spans of a trace as a tree: children, depth, the order of rows, the critical path. No objects a span. */
import type { TraceAnswer } from '../../page-api/answers.ts';
import { useOfName } from '../time-uses.ts';

export interface Tree {
  readonly trace: TraceAnswer;
  /** Row → index of the span, all open. */
  readonly order: Int32Array;
  readonly depth: Int32Array;
  /** Index of the span → how many rows are below it. */
  readonly below: Int32Array;
  /** By index of the span. */
  readonly children: readonly (readonly number[] | undefined)[];
  readonly startUs: number;
  readonly endUs: number;
  /** The root that takes longest. */
  readonly root: number;
}

export const nameOf = (trace: TraceAnswer, index: number): string =>
  trace.texts[trace.name[index] as number] ?? '';
export const serviceOf = (trace: TraceAnswer, index: number): string =>
  trace.texts[trace.service[index] as number] ?? '';
export const startOf = (trace: TraceAnswer, index: number): number => trace.startUs[index] as number;
export const endOf = (trace: TraceAnswer, index: number): number =>
  (trace.startUs[index] as number) + (trace.durationNs[index] as number) / 1000;
/** Of what a wait was, or a window of the collector; undefined for other spans. */
export const useOf = (trace: TraceAnswer, index: number): string | undefined =>
  trace.kind[index] === 1 ? useOfName(nameOf(trace, index)) : undefined;

/** A parent that comes after its child, or in a circle, is as good as none. */
export function treeOf(trace: TraceAnswer): Tree {
  const count = trace.spanId.length;
  const children: (number[] | undefined)[] = new Array(count);
  const roots: number[] = [];
  let [startUs, endUs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let index = 0; index < count; index++) {
    startUs = Math.min(startUs, startOf(trace, index));
    endUs = Math.max(endUs, endOf(trace, index));
    const parent = trace.parent[index] as number;
    if (parent < 0 || parent >= count) roots.push(index);
    else {
      const siblings = children[parent];
      if (siblings) siblings.push(index);
      else children[parent] = [index];
    }
  }
  const order = new Int32Array(count);
  const depth = new Int32Array(count);
  const below = new Int32Array(count);
  const seen = new Uint8Array(count);
  let row = 0;
  const stack: number[] = [];
  const walk = (from: number): void => {
    stack.push(from);
    while (stack.length > 0) {
      const index = stack.pop() as number;
      if (seen[index]) continue;
      seen[index] = 1;
      order[row++] = index;
      const own = children[index] ?? [];
      for (let at = own.length - 1; at >= 0; at--) {
        depth[own[at] as number] = (depth[index] as number) + 1;
        stack.push(own[at] as number);
      }
    }
  };
  for (const root of roots) walk(root);
  // What only circles lead to.
  for (let index = 0; index < count; index++) if (!seen[index]) walk(index);
  for (let at = count - 1; at >= 0; at--) {
    const index = order[at] as number;
    const parent = trace.parent[index] as number;
    if (parent >= 0 && parent < count && depth[index] !== 0)
      below[parent] = (below[parent] as number) + 1 + (below[index] as number);
  }
  const lasts = (index: number): number => trace.durationNs[index] as number;
  const root = roots.reduce((most, index) => (lasts(index) > lasts(most) ? index : most), roots[0] ?? 0);
  return { trace, order, depth, below, children, startUs, endUs, root };
}

/** Rows with all below the closed spans left out. */
export function openRows({ order, below }: Tree, closed: ReadonlySet<number>): Int32Array {
  if (closed.size === 0) return order;
  const rows = new Int32Array(order.length);
  let count = 0;
  for (let at = 0; at < order.length; at++) {
    const index = order[at] as number;
    rows[count++] = index;
    if (closed.has(index)) at += below[index] as number;
  }
  return rows.subarray(0, count);
}

/** From the end of the root back: the child that ends last before that, and so on. Waits are part of who waits. */
export function criticalPath({ trace, children, root }: Tree): ReadonlySet<number> {
  const path = new Set<number>();
  const stack: (readonly [index: number, until: number])[] = [[root, Number.POSITIVE_INFINITY]];
  while (stack.length > 0) {
    const [index, until] = stack.pop() as readonly [number, number];
    if (path.has(index)) continue;
    path.add(index);
    let cursor = Math.min(until, endOf(trace, index));
    const called = (children[index] ?? []).filter((child) => useOf(trace, child) === undefined);
    for (const child of called.sort((a, b) => endOf(trace, b) - endOf(trace, a))) {
      if (endOf(trace, child) > cursor || trace.kind[child] === 5) continue;
      stack.push([child, cursor]);
      cursor = startOf(trace, child);
    }
  }
  return path;
}

/** What its time was spent on, as pairs; of a wait, all of it on that. */
export function spentAt(trace: TraceAnswer, index: number): readonly (readonly [string, number])[] {
  const pairs = trace.spent[index];
  if (pairs === undefined) {
    const use = useOf(trace, index);
    return use === undefined ? [] : [[use, 1]];
  }
  const spent: [string, number][] = [];
  for (let at = 0; at + 1 < pairs.length; at += 2)
    spent.push([trace.texts[pairs[at] as number] ?? '', pairs[at + 1] as number]);
  return spent;
}
