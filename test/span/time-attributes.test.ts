import { describe, expect, it } from 'vitest';
import type { Breakdown, TimeSpent } from '../../src/correlate/time-spent.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { toSpan } from '../../src/span/to-span.ts';
import { makeFact, makeSource, timeOf } from './fact.ts';

/** What a span says of its time. */
function timeAttributes(breakdown: Breakdown, more: Partial<TimeSpent> = {}): ReadableSpan['attributes'] {
  const { attributes } = toSpan(makeFact({ time: timeOf(breakdown, more) }), makeSource());
  const isOfTime = (name: string): boolean =>
    /^goidspan\.(breakdown|wait|alloc|cpu|numa|migrations|io_uring)/.test(name);
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => isOfTime(name)));
}

describe('the time of a span', () => {
  it('is told as JSON in the order of the uses, without zeros, and its largest part by name', () => {
    const breakdown = {
      unattributed: 1,
      other: 2,
      'gc.stw': 3,
      'network.ready': 4,
      mutex: 2 ** 52,
      'chan.receive': 6,
      cpu: 7,
      sleep: 0,
    };
    expect(timeAttributes(breakdown)).toEqual({
      'goidspan.breakdown':
        '{"cpu":7,"chan.receive":6,"mutex":4503599627370496,"network.ready":4,"gc.stw":3,"other":2,"unattributed":1}',
      'goidspan.wait.top': 'mutex',
      'goidspan.cpu.start': 1,
      'goidspan.cpu.end': 1,
    });
  });

  it('says the first of two parts that are equal', () => {
    expect(timeAttributes({ select: 5, syscall: 5, cpu: 4 })['goidspan.wait.top']).toBe('select');
  });

  it('has no parts if there was none', () => {
    expect(timeAttributes({})).toEqual({ 'goidspan.cpu.start': 1, 'goidspan.cpu.end': 1 });
  });

  it.each<[string, Partial<TimeSpent>, object]>([
    ['the processors', { startCpu: 0, endCpu: 255 }, { 'goidspan.cpu.start': 0, 'goidspan.cpu.end': 255 }],
    [
      'the nodes where one is not the first',
      { startNode: 0, endNode: 1 },
      { 'goidspan.numa.start': 0, 'goidspan.numa.end': 1 },
    ],
    ['the slow ways to memory', { allocNs: 2 ** 40 }, { 'goidspan.alloc': 2 ** 40 }],
    ['how often it went to another processor', { migrations: 3 }, { 'goidspan.migrations': 3 }],
    ['what io_uring has completed', { uringCompletions: 2 }, { 'goidspan.io_uring.completions': 2 }],
  ])('names %s', (_, more, expected) => {
    expect(timeAttributes({ cpu: 1 }, more)).toEqual({
      'goidspan.breakdown': '{"cpu":1}',
      'goidspan.wait.top': 'cpu',
      'goidspan.cpu.start': 1,
      'goidspan.cpu.end': 1,
      ...expected,
    });
  });

  it('is told again for the critical path, where that is another', () => {
    const criticalNs = timeOf({ network: 3, cpu: 1 }).ns;
    const fact = makeFact({ time: timeOf({ waitgroup: 4 }), criticalNs });
    expect(toSpan(fact, makeSource()).attributes).toMatchObject({
      'goidspan.breakdown': '{"waitgroup":4}',
      'goidspan.critical': '{"cpu":1,"network":3}',
      'goidspan.wait.top': 'waitgroup',
    });
  });

  it('comes with the number of waits that are not told', () => {
    const dropped = (waitsDropped?: number) =>
      toSpan(makeFact({ waitsDropped }), makeSource()).attributes['goidspan.waits.dropped'];
    expect([dropped(7), dropped(0), dropped()]).toEqual([7, undefined, undefined]);
  });
});
