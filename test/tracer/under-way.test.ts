import { expect, it } from 'vitest';
import { UnderWay } from '../../src/tracer/under-way.ts';

const later = () => new Promise((done) => setTimeout(done, 5));

it('waits for all that is under way, and for nothing else', async () => {
  const underWay = new UnderWay(() => {});
  const ended: string[] = [];
  void underWay.hold(later().then(() => ended.push('held')));
  void underWay.track(later().then(() => ended.push('tracked')));
  await underWay.settled();
  expect(ended).toEqual(['held', 'tracked']);
});

it('passes a failure on to who holds the work, and tells one of tracked work', async () => {
  const told: unknown[] = [];
  const underWay = new UnderWay((error) => told.push(error));
  const held = underWay.hold(Promise.reject(new Error('mine')));
  await underWay.track(Promise.reject(new Error('nobody’s')));
  await expect(held).rejects.toThrow('mine');
  await underWay.settled();
  expect(told).toEqual([new Error('nobody’s')]);
});
