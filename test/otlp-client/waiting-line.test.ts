import { expect, it } from 'vitest';
import { QueuedRequest } from '../../src/otlp-client/queued-request.ts';
import { WaitingLine } from '../../src/otlp-client/waiting-line.ts';
import { Random } from '../support/random.ts';
import { halvingCodec } from './scripted-transport.ts';

it('is in order, and hands each out for compression, whatever comes, goes and comes back', () => {
  const random = new Random(1);
  const line = new WaitingLine();
  const under: QueuedRequest[] = [];
  let joined = 0;
  let begun = 0;
  const model: number[] = [];
  const asEncoded = new Set<number>();
  const begin = (): boolean => {
    const next = line.nextAsEncoded();
    if (!next) return false;
    if (!asEncoded.delete(next.sequence)) throw new Error(`${next.sequence} is handed out`);
    void next.compress(halvingCodec);
    begun++;
    return true;
  };
  for (let step = 0; step < 60_000; step++) {
    // Long phases in which it grows, and in which it shrinks.
    const isGrowing = step % 20_000 < 12_000;
    const choice = random.below(10);
    if (choice < (isGrowing ? 5 : 1)) {
      const more = { sequence: ++joined, expiresAt: 0, onResize: () => {} };
      line.join(new QueuedRequest({ bytes: new Uint8Array(4), spans: 1 }, more));
      model.push(joined);
      asEncoded.add(joined);
    } else if (choice < 7) {
      const taken = under.length < 4 ? line.take() : undefined;
      if (taken) {
        const first = model.shift();
        if (taken.sequence !== first) throw new Error(`took ${taken.sequence}, not ${first}`);
        under.push(taken);
        asEncoded.delete(taken.sequence);
      }
    } else if (choice === 7) {
      const [back] = under.splice(random.below(4), 1);
      if (back) {
        line.rejoin(back);
        model.push(back.sequence);
        if (back.isAsEncoded) asEncoded.add(back.sequence);
        model.sort((one, other) => one - other);
      }
    } else if (choice === 8) under.splice(random.below(4), 1);
    else begin();
    if (step % 7_000 === 6_999) {
      while (begin());
      if (asEncoded.size > 0) throw new Error(`${asEncoded.size} are never handed out`);
    }
    if (line.length !== model.length || line.oldest?.sequence !== model[0]) {
      throw new Error(
        `${line.length} wait, ${line.oldest?.sequence} first; not ${model.length}, ${model[0]}`,
      );
    }
  }
  expect(joined).toBeGreaterThan(10_000);
  expect(begun).toBeGreaterThan(1_000);
});

it('goes on handing out where it was when those at the front are gone and the rest has moved', () => {
  const line = new WaitingLine();
  for (let sequence = 1; sequence <= 2_048; sequence++) {
    const more = { sequence, expiresAt: 0, onResize: () => {} };
    line.join(new QueuedRequest({ bytes: new Uint8Array(4), spans: 1 }, more));
  }
  for (let handedOut = 1; handedOut <= 1_500; handedOut++) {
    void line.nextAsEncoded()?.compress(halvingCodec);
  }
  for (let taken = 1; taken <= 1_024; taken++) line.take();
  expect(line.nextAsEncoded()?.sequence).toBe(1_501);
});
