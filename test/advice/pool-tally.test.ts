import { expect, it } from 'vitest';
import { PoolTally } from '../../src/advice/pool-tally.ts';
import { spanFact } from '../../src/correlate/span-fact.ts';
import { dbFlag } from '../../src/wire/wire.gen.ts';
import { makeDbRecord, makeRecord } from '../correlate/record.ts';

/** A call of 10 ms. */
function call(poolWaitNs = 0, poolMax = 0, poolUsed = poolMax) {
  const peer = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 7]);
  const record = makeDbRecord(
    {
      startKtimeNs: [1, 0],
      endKtimeNs: [1, 10_000_000],
      db: { poolWaitNs, poolMax, poolUsed, peerAddress: peer, peerPort: 5432 },
    },
    { namespace: 'shop' },
    dbFlag.DB_FLAG_PEER,
  );
  return spanFact(record);
}

it('sums calls by database, of those for which calls have waited', () => {
  const tally = new PoolTally();
  tally.add(call());
  tally.add(call(4e6, 3));
  tally.add(call(2e6, 3));
  tally.add(spanFact(makeRecord()));
  expect(tally.pools()).toEqual([
    { name: 'shop at 10.0.0.7:5432', max: 3, calls: 3, callNs: 30e6, waits: 2, waitNs: 6e6 },
  ]);
});

it('says nothing of a database to which pools of several sizes lead, nor where none was ever full', () => {
  const mixed = new PoolTally();
  mixed.add(call(4e6, 3));
  mixed.add(call(4e6, 5));
  mixed.add(call(4e6, 3));
  expect(mixed.pools()).toEqual([]);
  const free = new PoolTally();
  free.add(call(4e6, 3, 2));
  expect(free.pools()).toEqual([]);
});
