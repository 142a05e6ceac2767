import { expect, it } from 'vitest';
import { Turns } from '../../src/kernel/turns.ts';

it('work is done in order, by so many at once, also after some of it has failed', async () => {
  const turns = new Turns(3);
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) =>
      turns.take(async () => {
        begun.push(index);
        most = Math.max(most, ++running);
        await new Promise((done) => setTimeout(done, 1));
        running--;
        if (index % 5 === 0) throw new Error(String(index));
        return index;
      }),
    ),
  );
  expect(most).toBe(3);
  expect(begun).toEqual(begun.toSorted((a, b) => a - b));
  expect(results.map(({ status }) => status === 'fulfilled')).toEqual(begun.map((index) => index % 5 !== 0));
});
