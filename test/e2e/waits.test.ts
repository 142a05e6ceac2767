/** Faults with a known amount of time, each on a real target: the breakdown of its span says what it was. */

import { afterAll, describe, expect, it } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { breakdownOf, durationNs, isWhole, timeOf } from '../support/breakdown.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { isFullRun } from '../support/full-run.ts';
import type { GoBuild } from '../support/go-build.ts';
import {
  type Circumstance,
  circumstances,
  circumstancesOf,
  faultsNamed,
  missing,
} from '../support/waits-faults.ts';
import { type Answer, WaitsServer, waitsBuild } from '../support/waits-server.ts';

const timeout = 300_000;
/** Others may want the processors. */
const retry = 2;
/** Of a span's duration: how far a part may be from what the handler measured. */
const shareWithin = 0.1;
const unattributedAtMost = 0.01;

/** What every build must tell. */
const few: readonly Circumstance[] = [
  {
    name: 'alone',
    faults: faultsNamed(
      'receiving from a channel',
      'select',
      'a mutex that another request has',
      'children that wait for theirs',
      'a slow peer of a connection',
      'a FIFO that is read in the system call',
      'a loop',
      'time.Sleep',
    ),
  },
];

const oldest = '1.19';
const releases = [oldest, '1.21.13', '1.22.12', '1.23.12', '1.24.9', '1.25.5', undefined, '1.27.4'] as const;
const kinds: Readonly<Record<string, Partial<GoBuild>>> = {
  plain: {},
  stripped: { flags: ['-ldflags=-s -w', '-trimpath'] },
  pie: { flags: ['-buildmode=pie', '-ldflags=-s -w'] },
  cgo: { cgo: true },
  'cgo-pie': { cgo: true, flags: ['-buildmode=pie', '-ldflags=-s -w'] },
};

interface Case {
  readonly build: GoBuild;
  readonly circumstances: readonly Circumstance[];
}

function buildOf(go: string | undefined, kind: string): GoBuild {
  return waitsBuild(`${go ?? 'local'}-${kind}`, { ...kinds[kind], ...(go === undefined ? {} : { go }) });
}

/** All faults on the Go of the machine, a few on others; with `GOIDSPAN_TEST_FULL=1` all on all. */
const cases: readonly Case[] = isFullRun
  ? releases.flatMap((release) =>
      Object.keys(kinds).map((kind) => ({
        build: buildOf(release, kind),
        circumstances: circumstancesOf(release),
      })),
    )
  : [
      { build: buildOf(undefined, 'plain'), circumstances },
      { build: buildOf(oldest, 'plain'), circumstances: few },
      { build: buildOf('1.27.4', 'stripped'), circumstances: few },
      { build: buildOf(undefined, 'cgo'), circumstances: few },
      { build: buildOf(undefined, 'pie'), circumstances: few },
    ];

describeWith([kernel, go], 'where the time of a span went', () => {
  const all = { duration: 0, unattributed: 0 };

  describe.each(cases)('in $build.name', ({ build, circumstances }) => {
    it.for(circumstances)('is told of a target $name', { timeout, retry }, async (circumstance, context) => {
      const waits = await WaitsServer.during(context, build, circumstance);
      const traced = await waits.traceDuring(context, { level: circumstance.level ?? 'waits' });
      for (const fault of circumstance.faults) {
        const answer = await waits.ask(fault.path, fault.held);
        const { server } = await traced.request(answer.id, 0);
        expect([...missing(fault, answer.truth), ...differences(answer, server, build)], fault.name).toEqual(
          [],
        );
      }
      for (const span of traced.spans.filter(isWhole)) {
        all.duration += durationNs(span);
        all.unattributed += breakdownOf(span)['unattributed'] ?? 0;
      }
      expect((await traced.stop()).lost).toMatchObject({ total: 0 });
    });
  });

  afterAll(() => {
    expect(all.unattributed / all.duration).toBeLessThanOrEqual(unattributedAtMost);
  });
});

/** What of the handler's truth the breakdown has otherwise, in words. */
function differences({ truth }: Answer, span: ReadableSpan, { go }: GoBuild): string[] {
  const breakdown = breakdownOf(span);
  return Object.entries(truth).flatMap(([key, ns]) => {
    // Go 1.19 waits for an RWMutex as for a Mutex.
    const told = timeOf(go === oldest && key === 'rwmutex' ? ['mutex'] : key.split(' '), breakdown);
    const off = Math.abs(told - ns) / durationNs(span);
    if (off <= shareWithin) return [];
    return [`${key} is ${ns} ns: ${told} in ${JSON.stringify(breakdown)}`];
  });
}
