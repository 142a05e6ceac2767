/** What those did for whom a span waited: it stands in the wait's place on the span's critical path. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { type Breakdown, breakdownOf, durationNs, timeOf } from '../support/breakdown.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { buildGo } from '../support/go-build.ts';
import { TracedServer } from '../support/traced-server.ts';
import { type Answer, WaitsServer, waitsBuild } from '../support/waits-server.ts';

const timeout = 120_000;
/** Others may want the processors. */
const retry = 2;
/** Of a span's duration. */
const shareWithin = 0.1;

const builds = [
  waitsBuild('path-local'),
  waitsBuild('path-1.19', { go: '1.19' }),
  waitsBuild('path-cgo-pie', { cgo: true, flags: ['-buildmode=pie'] }),
];

describeWith([kernel, go], 'the critical path of a span', () => {
  for (const build of builds) {
    it(`goes through whom it waits for in ${build.name}`, { timeout, retry }, async (context) => {
      const waits = await WaitsServer.during(context, build, { name: 'alone', faults: [] });
      const traced = await waits.traceDuring(context, { level: 'waits' });
      for (const path of ['children', 'worker', 'often', 'relay', 'lock']) {
        const answer = await waits.ask(`/path/${path}?ms=40`);
        const { server } = await traced.request(answer.id, 0);
        expect(differences(answer, server), path).toEqual([]);
      }
      expect((await traced.stop()).lost).toMatchObject({ total: 0 });
    });
  }
});

describeWith([kernel, go], 'the critical path', () => {
  let waits: WaitsServer;
  let traced: TracedServer;

  beforeAll(async () => {
    waits = await WaitsServer.start(await buildGo(waitsBuild('path-local')), { name: 'alone', faults: [] });
    traced = await TracedServer.of(waits.server, { level: 'waits' });
  });
  afterAll(async () => {
    await waits.stop();
    expect((await traced.stop()).lost.total).toBe(0);
  });

  async function spanOf(path: string, held?: string): Promise<ReadableSpan> {
    const { id } = await waits.ask(path, held);
    return (await traced.request(id, 0)).server;
  }

  it('goes through children of children', { timeout, retry }, async () => {
    expect(criticalOf(await spanOf('/waitgroup?ms=60'))['sleep']).toBeGreaterThan(59_000_000);
  });

  it('goes through the goroutines of the HTTP client to the network', { timeout, retry }, async () => {
    for (let n = 0; n < 3; n++) {
      const { select = 0, network = 0 } = criticalOf(await spanOf('/upstream/late?ms=60'));
      expect(network, `request ${n}`).toBeGreaterThan(55_000_000);
      expect(select).toBeLessThan(5_000_000);
    }
  });

  it.for([
    ['that another request holds', '/mutex', '/hold/mutex?ms=60'],
    ['in itself', '/sleep?ms=30', undefined],
  ] as const)('is not told of a wait %s', { timeout }, async ([, path, held]) => {
    expect((await spanOf(path, held)).attributes).not.toHaveProperty(['goidspan.critical']);
  });

  it('is its own among many', { timeout, retry }, async () => {
    const asked = Array.from({ length: 60 }, () => waits.ask('/path/worker?ms=4'));
    for (const { id, truth } of await Promise.all(asked)) {
      const { server } = await traced.request(id, 0);
      const critical = criticalOf(server);
      const work = timeOf(['sleep', 'cpu'], critical);
      // What the only worker did for others meanwhile is not in it.
      expect(work).toBeLessThan(1.5 * timeOf(Object.keys(truth), truth) + 2_000_000);
      expect(critical['sleep']).toBeGreaterThan(3_900_000);
    }
  });
});

/** It adds up to the duration, as the breakdown does. */
function criticalOf(span: ReadableSpan): Breakdown {
  breakdownOf(span);
  const critical: Breakdown = JSON.parse(String(span.attributes['goidspan.critical'] ?? '{}'));
  expect(timeOf(Object.keys(critical), critical), JSON.stringify(span.attributes)).toBe(durationNs(span));
  return critical;
}

/** What of the handler's truth the critical path has otherwise, in words. */
function differences({ truth }: Answer, span: ReadableSpan): string[] {
  const critical = criticalOf(span);
  return Object.entries(truth).flatMap(([key, ns]) => {
    const told = timeOf(key.split(' '), critical);
    if (Math.abs(told - ns) / durationNs(span) <= shareWithin) return [];
    return [`${key} is ${ns} ns: ${told} in ${JSON.stringify(critical)}`];
  });
}
