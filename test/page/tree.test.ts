/** The tree of a trace, for any parents that a trace may tell. */
import { describe, expect, it } from 'vitest';
import type { TraceAnswer } from '../../src/page-api/answers.ts';
import { criticalPath, openRows, treeOf } from '../../src/ui/data/tree.ts';

/** `name parent start end` of each span; parents are indexes. */
function traceOf(...spans: readonly (readonly [name: string, parent: number, start: number, end: number])[]) {
  const many = <T>(value: T): T[] => spans.map(() => value);
  const trace: TraceAnswer = {
    traceId: '1',
    texts: ['service', ...spans.map(([name]) => name)],
    spanId: spans.map((_, index) => String(index)),
    parent: spans.map(([, parent]) => parent),
    service: many(0),
    name: spans.map((_, index) => index + 1),
    kind: spans.map(([name]) => (name.startsWith('wait ') ? 1 : 2)),
    startUs: spans.map(([, , start]) => start),
    durationNs: spans.map(([, , start, end]) => (end - start) * 1000),
    flags: many(0),
    verdict: many(-1),
    spent: {},
    links: {},
    goid: many(0),
    parentGoid: many(0),
    left: 0,
  };
  return trace;
}

describe('the tree of a trace', () => {
  const tree = treeOf(
    traceOf(['root', -1, 0, 100], ['a', 0, 10, 60], ['a1', 1, 20, 30], ['b', 0, 65, 95], ['lost', -2, 5, 6]),
  );

  it('has its rows in the order of a walk, each below its parent', () => {
    expect([...tree.order]).toEqual([0, 1, 2, 3, 4]);
    expect([...tree.depth]).toEqual([0, 1, 2, 1, 0]);
    expect([...tree.below]).toEqual([3, 1, 0, 0, 0]);
  });

  it('leaves out what is below a closed row', () => {
    expect([...openRows(tree, new Set([1]))]).toEqual([0, 1, 3, 4]);
    expect([...openRows(tree, new Set([0, 1]))]).toEqual([0, 4]);
  });

  it('has every span once, also where parents go in circles or to themselves', () => {
    const { order } = treeOf(traceOf(['a', 1, 0, 9], ['b', 0, 1, 8], ['self', 2, 2, 3], ['far', 99, 2, 3]));
    expect([...order].sort()).toEqual([0, 1, 2, 3]);
  });

  it('takes a chain of 20,000 spans', () => {
    const chain = traceOf(
      ...Array.from({ length: 20_000 }, (_, at) => ['s', at - 1, at, 40_000 - at] as const),
    );
    const deep = treeOf(chain);
    expect(deep.depth[19_999]).toBe(19_999);
    expect(criticalPath(deep).size).toBe(20_000);
  });
});

describe('the critical path', () => {
  it('goes back from the end by the child that ends last', () => {
    const trace = traceOf(
      ['root', -1, 0, 100],
      ['first', 0, 0, 40],
      ['beside', 0, 10, 35],
      ['second', 0, 41, 99],
      ['wait sleep', 0, 41, 99.5],
    );
    expect([...criticalPath(treeOf(trace))].sort()).toEqual([0, 1, 3]);
  });

  it('leaves out what outlives its parent', () => {
    const trace = traceOf(['root', -1, 0, 100], ['late', 0, 50, 200], ['in time', 0, 10, 90]);
    expect([...criticalPath(treeOf(trace))].sort()).toEqual([0, 2]);
  });
});
