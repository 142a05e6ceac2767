/** What calls of `database/sql` waited for connections, by database. Bounded. Pure. */
import type { DbCall } from '../correlate/db-call.ts';
import type { SpanFact } from '../correlate/fact.ts';
import { nanosBetween } from '../wire/batch.ts';
import type { PoolMeasurement } from './measurement.ts';

/** A program has a few; more are left out. */
const DATABASES_MAX = 256;

interface Tally {
  calls: number;
  callNs: number;
  waits: number;
  waitNs: number;
  max: number | undefined;
  /** Its calls have waited for pools of several sizes: not one pool. */
  isMixed: boolean;
}

export class PoolTally {
  readonly #byName = new Map<string, Tally>();

  add(fact: SpanFact): void {
    // What is advised is a setting of database/sql.
    if (fact.family !== 'db' || fact.body.isNative) return;
    const { poolWaitNs, pool } = fact.body;
    const tally = this.#tallyOf(nameOf(fact.body));
    if (tally === undefined) return;
    tally.calls++;
    tally.callNs += nanosBetween(fact.start, fact.end);
    if (poolWaitNs > 0) tally.waits++;
    tally.waitNs += poolWaitNs;
    if (pool === undefined) return;
    tally.isMixed ||= tally.max !== undefined && tally.max !== pool.max;
    tally.max = pool.max;
  }

  /** Of databases that one pool is known to lead to. */
  pools(): PoolMeasurement[] {
    return [...this.#byName].flatMap(([name, { max, isMixed, ...tally }]) =>
      max === undefined || isMixed ? [] : { name, max, ...tally },
    );
  }

  #tallyOf(name: string): Tally | undefined {
    const known = this.#byName.get(name);
    if (known !== undefined || this.#byName.size >= DATABASES_MAX) return known;
    const tally: Tally = { calls: 0, callNs: 0, waits: 0, waitNs: 0, max: undefined, isMixed: false };
    this.#byName.set(name, tally);
    return tally;
  }
}

/** Every call to a database says the same of it. */
function nameOf({ system, namespace, peer }: DbCall): string {
  const at = peer === undefined ? '' : ` at ${peer.address}:${peer.port}`;
  return `${namespace ?? (system === 'other' ? 'the database' : system)}${at}`;
}
