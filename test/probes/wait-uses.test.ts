import { describe, expect, it, test } from 'vitest';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { useOfReason } from '../../src/probes/wait-uses.ts';
import { timeLimit, timeUse } from '../../src/wire/wire.gen.ts';
import { netHttpBuilds } from '../support/nethttp-builds.ts';
import { buildOrSkip } from '../support/skip.ts';

const nameOf = new Map<number, string>([
  ...Object.entries(timeUse).map(([name, use]): [number, string] => [use, name]),
  [timeLimit.TIME_BY_CALLER, 'TIME_BY_CALLER'],
]);

describe('a reason for waiting', () => {
  it.each([
    ['chan receive (nil chan)', 'TIME_CHAN_RECEIVE'],
    ['chan receive (durable)', 'TIME_CHAN_RECEIVE'],
    ['chan send (synctest)', 'TIME_CHAN_SEND'],
    ['select (no cases)', 'TIME_SELECT'],
    ['sync.WaitGroup.Wait (durable)', 'TIME_WAITGROUP'],
    ['', 'TIME_OTHER'],
    ['force gc (idle)', 'TIME_OTHER'],
    ['semacquire', 'TIME_BY_CALLER'],
    ['of a Go to come', 'TIME_OTHER'],
  ])('%j is %s', (reason, use) => {
    expect(nameOf.get(useOfReason(reason))).toBe(use);
  });
});

/** What the reasons of every Go version mean; the rest is `TIME_OTHER`. */
const known: Readonly<Record<string, readonly string[]>> = {
  TIME_NETWORK: ['IO wait'],
  TIME_CHAN_RECEIVE: ['chan receive (nil chan)', 'chan receive'],
  TIME_CHAN_SEND: ['chan send (nil chan)', 'chan send'],
  TIME_SELECT: ['select', 'select (no cases)'],
  TIME_SLEEP: ['sleep'],
  TIME_COND: ['sync.Cond.Wait'],
  TIME_GC_ASSIST: ['GC assist marking', 'GC assist wait'],
  TIME_GC_STW: ['preempted'],
  TIME_BY_CALLER: ['semacquire'],
};

test.for(netHttpBuilds)(
  'the reasons of $name are for what they say',
  {
    timeout: 300_000,
  },
  async (build, context) => {
    const binary = GoBinary.open(openFileSource(await buildOrSkip(context, build)));
    const minor = Number(/^go1\.(\d+)/.exec(binary.goVersion ?? '')?.[1]);
    const reasons = binary.waitReasons() ?? [];
    const reasonsOf = (use: string) => reasons.filter((reason) => nameOf.get(useOfReason(reason)) === use);
    for (const [use, wanted] of Object.entries(known)) {
      expect([use, reasonsOf(use)]).toEqual([use, expect.arrayContaining([...wanted])]);
    }
    expect(reasonsOf('TIME_MUTEX')).toEqual(minor >= 20 ? ['sync.Mutex.Lock'] : []);
    expect(reasonsOf('TIME_RWMUTEX')).toEqual(minor >= 20 ? ['sync.RWMutex.RLock', 'sync.RWMutex.Lock'] : []);
    expect(reasonsOf('TIME_WAITGROUP').length > 0).toBe(minor >= 24);
  },
);
