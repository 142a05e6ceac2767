/** Waits that end, or go on, in ways that are easy to miss: the breakdown is whole, and says what was waited for. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { breakdownOf, durationNs, isWhole, timeOf } from '../support/breakdown.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { buildGo } from '../support/go-build.ts';
import { TracedServer } from '../support/traced-server.ts';
import { type Answer, WaitsServer, waitsBuild } from '../support/waits-server.ts';

const timeout = 120_000;
const alone = { name: 'alone', faults: [] };
const level = 'waits';
/** The handler looks at its clock a little after it has the mutex, and a little before it has it no more. */
const clockErrorNs = 200_000;
const build = waitsBuild('cgo', { cgo: true });

describeWith([kernel, go], 'the time of a span', () => {
  let waits: WaitsServer;
  let traced: TracedServer;

  beforeAll(async () => {
    waits = await WaitsServer.start(await buildGo(build), alone);
    traced = await TracedServer.of(waits.server, { level });
  });
  afterAll(async () => {
    for (const span of traced.spans.filter(isWhole)) breakdownOf(span);
    await waits.stop();
    expect((await traced.stop()).lost.total).toBe(0);
  });

  /** Asks, and gives milliseconds by key. */
  async function told(path: string): Promise<Record<string, number>> {
    const { id } = await waits.ask(path);
    const { server } = await traced.request(id, 0);
    const breakdown = Object.entries(breakdownOf(server));
    return Object.fromEntries(breakdown.map(([key, ns]) => [key, ns / 1e6]));
  }

  it.for([
    ['in which a send panics', '/panic?ms=40', { 'chan.send': 40 }],
    ['whose goroutine exits after a wait', '/goexit?ms=40', { sleep: 40 }],
    ['whose goroutine is bound to its thread', '/locked?ms=40', { 'chan.receive': 40 }],
    ['through which signals come', '/signals?ms=40', { syscall: 40, cpu: 40 }],
    ['that calls C, which calls Go', '/cgo?ms=20', { syscall: 40, 'chan.receive': 20 }],
    ['with 10,000 goroutines that wait', '/herd?n=10000&ms=100', { waitgroup: 50 }],
  ] as const)('%s is whole', { timeout }, async ([, path, amounts]) => {
    const breakdown = await told(path);
    for (const [key, ms] of Object.entries(amounts)) {
      expect(breakdown[key] ?? 0, `${key} in ${JSON.stringify(breakdown)}`).toBeGreaterThan(ms * 0.95);
    }
    expect(breakdown['unattributed'] ?? 0).toBeLessThan(1);
  });

  it('is whole while the number of processors changes', { timeout }, async () => {
    const asked = Array.from({ length: 60 }, async (_, n) => {
      if (n % 5 === 0) await waits.server.get(`/gomaxprocs?n=${1 + (n % 4)}`);
      const { id } = await waits.ask(n % 2 === 0 ? '/select?ms=30' : '/cpu?ms=3');
      return { id, key: n % 2 === 0 ? 'select' : 'cpu', ms: n % 2 === 0 ? 30 : 3 };
    });
    for (const { id, key, ms } of await Promise.all(asked)) {
      const { server } = await traced.request(id, 0);
      // The clock of a thread, by which the handler goes, runs on in each switch of threads.
      expect(timeOf([key], breakdownOf(server)) / 1e6).toBeGreaterThan(ms * 0.7);
    }
  });

  it('is its own among many', { timeout }, async () => {
    const routes = [
      ['/sleep?ms=20', 'sleep'],
      ['/chan/receive?ms=20', 'chan.receive'],
      ['/chan/send?ms=20', 'chan.send'],
      ['/select?ms=20', 'select'],
      ['/cond?ms=20', 'cond'],
      ['/waitgroup?ms=20', 'waitgroup'],
      ['/upstream/late?ms=20', 'select'],
      ['/tcp?ms=20', 'network'],
      ['/fifo?ms=20', 'syscall'],
    ] as const;
    const asked = Array.from({ length: 270 }, async (_, n) => {
      const [path, key] = routes[n % routes.length] as (typeof routes)[number];
      return { key, ...(await waits.ask(path)) };
    });
    let [duration, unattributed] = [0, 0];
    for (const { key, id } of await Promise.all(asked)) {
      const { server } = await traced.request(id, 0);
      const breakdown = breakdownOf(server);
      // The other end may have begun to wait a little earlier.
      expect(timeOf([key], breakdown) / 1e6, `${key} in ${JSON.stringify(breakdown)}`).toBeGreaterThan(10);
      duration += durationNs(server);
      unattributed += breakdown['unattributed'] ?? 0;
    }
    expect(unattributed / duration).toBeLessThan(0.01);
  });

  it('says of a goroutine that waits for io_uring that it was blocked until the completion', {
    timeout,
  }, async (context) => {
    const { id, truth } = await waits.ask('/uring?ms=20&times=2');
    const refused = Object.keys(truth).find((key) => key.startsWith('refused'));
    if (refused !== undefined) return context.skip(`io_uring: ${refused}`);
    const { server } = await traced.request(id, 0);
    const breakdown = breakdownOf(server);
    // It has been woken by then, whether or not it had a processor; it may have been without one elsewhere, too.
    const told = timeOf(['syscall', 'preempted', 'runnable'], breakdown);
    expect(told - (truth['syscall'] ?? 0), JSON.stringify(breakdown)).toBeGreaterThan(-4e6);
    expect(breakdown['syscall'] ?? 0, JSON.stringify(breakdown)).toBeLessThan((truth['syscall'] ?? 0) + 1e6);
    expect(breakdown['syscall'], JSON.stringify(breakdown)).toBeGreaterThan(39e6);
    expect(breakdown['syscall']).toBeLessThan(44e6);
    // Both waits were over with one completion.
    expect(server.attributes['goidspan.io_uring.completions']).toBe(2);
  });

  it('names who held a mutex all the time, and nobody else', { timeout }, async () => {
    const asked = Array.from({ length: 2 }, () => waits.ask('/mutex/often?ms=2&times=20'));
    const holders = await Promise.all(
      (await Promise.all(asked)).map(async ({ id, truth }) => ({
        truth,
        goid: (await traced.request(id, 0)).server.attributes['goidspan.goid'],
      })),
    );
    let told = 0;
    for (const { attributes, startTime } of traced.spans) {
      const holder = attributes['goidspan.wait.holder.goid'];
      if (holder === undefined) continue;
      const { truth } = holders.find(({ goid }) => goid === holder) ?? {};
      if (truth === undefined) continue;
      const [seconds, nanos] = startTime;
      const isHeld = Array.from({ length: 20 }, (_, n) => n).some(
        (n) =>
          (truth[`from ${n}`] ?? 0) - clockErrorNs < seconds * 1e9 + nanos &&
          seconds * 1e9 + nanos < (truth[`to ${n}`] ?? 0) + clockErrorNs,
      );
      expect(isHeld, `goroutine ${holder} at ${seconds}.${nanos}`).toBe(true);
      told++;
    }
    expect(told).toBeGreaterThan(10);
  });

  it('is whole of a target that was attached while its goroutines waited', { timeout }, async (context) => {
    const late = await WaitsServer.during(context, build, alone);
    const before = Array.from({ length: 8 }, () => late.ask('/sleep?ms=1000'));
    const tracedLate = await late.traceDuring(context, { level });
    await Promise.all(before);
    // Over the same connections, whose goroutines were parked all the time.
    const after = await Promise.all(Array.from({ length: 8 }, () => late.ask('/chan/receive?ms=40')));
    for (const { id } of after) {
      const { server } = await tracedLate.request(id, 0);
      const breakdown = breakdownOf(server);
      expect(breakdown['chan.receive'], JSON.stringify(breakdown)).toBeGreaterThan(35e6);
      expect(breakdown['unattributed'] ?? 0).toBeLessThan(1e6);
    }
    expect((await tracedLate.stop()).lost.total).toBe(0);
  });

  it('is told as long as the level of a target that is traced says so', { timeout }, async (context) => {
    const other = await WaitsServer.during(context, build, alone);
    const tracedOther = await other.traceDuring(context, { level: 'spans', kernel: { level } });
    const isTold = async ({ id }: Answer): Promise<boolean> =>
      (await tracedOther.request(id, 0)).server.attributes['goidspan.breakdown'] !== undefined;
    const before = await other.ask('/sleep?ms=20');
    const meanwhile = other.ask('/sleep?ms=1500');
    await tracedOther.tracer.setLevel(level);
    const raised = await other.ask('/sleep?ms=20');
    await tracedOther.tracer.setLevel('spans');
    const lowered = await other.ask('/sleep?ms=20');
    const told = [before, raised, await meanwhile, lowered].map(isTold);
    expect(await Promise.all(told)).toEqual([false, true, false, false]);
    expect((await tracedOther.stop()).lost.total).toBe(0);
  });
});
