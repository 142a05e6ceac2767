import { expect, it } from 'vitest';
import { SpanIndex } from '../../src/stage/span-index.ts';
import { Random } from '../support/random.ts';

/** Few different first words, so that many ids want one place. */
const idOf = (random: Random): readonly [number, number] => [random.below(40) * 1_024, random.below(50)];

it.each([1, 2, 3])('finds what a map would find, after any changes (%i)', (seed) => {
  const random = new Random(seed);
  const index = new SpanIndex<number>();
  const map = new Map<string, number>();
  for (let change = 0; change < 20_000; change++) {
    const [first, second] = idOf(random);
    if (random.below(3) === 0) {
      index.delete(first, second);
      map.delete(`${first} ${second}`);
    } else {
      index.set(first, second, change);
      map.set(`${first} ${second}`, change);
    }
  }
  expect(index.size).toBe(map.size);
  for (let first = 0; first < 40; first++) {
    for (let second = 0; second < 50; second++) {
      expect(index.get(first * 1_024, second)).toBe(map.get(`${first * 1_024} ${second}`));
    }
  }
});

it('grows, and is empty again when all has been taken', () => {
  const random = new Random(4);
  const index = new SpanIndex<object>();
  const ids = Array.from({ length: 50_000 }, () => [random.u32(), random.u32()] as const);
  for (const id of ids) index.set(...id, id);
  expect(index.size).toBe(ids.length);
  for (const id of ids) expect(index.get(...id)).toBe(id);
  for (const id of ids) index.delete(...id);
  expect(index.size).toBe(0);
  for (const id of ids) expect(index.get(...id)).toBeUndefined();
});
