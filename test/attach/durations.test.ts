import { describe, expect, it } from 'vitest';
import { DurationWatch } from '../../src/attach/durations.ts';
import { slowAllocationsSince } from '../../src/attach/slow-allocations.ts';
import { durationsLimit } from '../../src/wire/wire.gen.ts';

const BUCKETS = durationsLimit.DURATION_BUCKETS_MAX;
const cacheSpan = 'runtime.(*mcentral).cacheSpan';
const heapAlloc = 'runtime.(*mheap).alloc';

/** A slot of the kernel's map, and calls that it counts. */
class Slot {
  readonly words = new BigUint64Array(4 * BUCKETS);
  readonly watch = new DurationWatch(() => this.words.slice(), slowAllocationsSince);

  call(of: 'span' | 'heap', bucket: number, ns: number, times = 1): void {
    const at = (of === 'span' ? 0 : 2 * BUCKETS) + bucket;
    this.words[at] = (this.words[at] ?? 0n) + BigInt(times);
    this.words[at + BUCKETS] = (this.words[at + BUCKETS] ?? 0n) + BigInt(ns * times);
  }
}

describe('what a target has spent in the slow ways to memory', () => {
  it('is not known before it is watched', () => {
    const slot = new Slot();
    slot.call('span', 0, 100);
    expect(slot.watch.current()).toBeUndefined();
    slot.watch.end();
    expect(slot.watch.current()).toBeUndefined();
  });

  it('is told by function and bucket, without what the target before has left in the slot', () => {
    const slot = new Slot();
    slot.call('span', 3, 5_000, 7);
    slot.watch.begin();
    expect(slot.watch.current()).toEqual({ [cacheSpan]: [], [heapAlloc]: [] });
    slot.call('span', 0, 400);
    slot.call('span', 1, 1_000, 2);
    slot.call('span', 3, 3_000);
    slot.call('heap', 19, 2 ** 40);
    expect(slot.watch.current()).toEqual({
      [cacheSpan]: [
        { aboveNs: 0, calls: 1, totalNs: 400 },
        { aboveNs: 512, calls: 2, totalNs: 2_000 },
        { aboveNs: 2_048, calls: 1, totalNs: 3_000 },
      ],
      [heapAlloc]: [{ aboveNs: 2 ** 27, calls: 1, totalNs: 2 ** 40 }],
    });
  });

  it('goes on where it was when it is watched again', () => {
    const slot = new Slot();
    slot.watch.begin();
    slot.call('heap', 1, 600);
    slot.watch.begin();
    slot.call('heap', 1, 700);
    expect(slot.watch.current()?.[heapAlloc]).toEqual([{ aboveNs: 512, calls: 2, totalNs: 1_300 }]);
  });

  it('stays as it was when the slot goes, and goes on when it comes back', () => {
    const slot = new Slot();
    slot.watch.begin();
    slot.call('heap', 1, 600);
    slot.watch.end();
    const last = slot.watch.current();
    slot.call('heap', 1, 700);
    expect(slot.watch.current()).toEqual(last);
    slot.watch.begin();
    expect(slot.watch.current()?.[heapAlloc]).toEqual([{ aboveNs: 512, calls: 2, totalNs: 1_300 }]);
  });
});
