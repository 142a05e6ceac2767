import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { loadNative } from '../../src/kernel/native.ts';
import { wireSize } from '../../src/wire/wire.gen.ts';
import { describeWith, go, kernel, niceness } from '../support/capabilities.ts';
import { eventually } from '../support/child.ts';
import { goidspan } from '../support/command.ts';
import { GoServer } from '../support/go-server.ts';
import { Attached, buildHello, load } from './attached.ts';

/** As `man 7 sched` numbers them. */
const USUAL = 0;
const IDLE = 5;
/** For some more than a thousand records. */
const RING_BYTES = 256 << 10;

/** Scheduling policy of a thread, by default of the one that runs the test (and here drains): field 41, behind the name in parentheses. */
function policy(thread = readlinkSync('/proc/thread-self')): number {
  const fields = readFileSync(`/proc/${thread}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(fields[41 - 3]);
}

const becomes = (wanted: number) =>
  eventually(`scheduling policy ${wanted}`, 5_000, () => policy() === wanted || undefined);

describeWith([kernel, go, niceness], 'idle priority of the draining thread', () => {
  let server: GoServer;
  let attached: Attached;
  beforeAll(async () => {
    server = await GoServer.start(await buildHello());
    return () => server.stop();
  });
  afterEach(async () => {
    await attached.close();
    expect(policy()).toBe(USUAL);
  });

  async function drainWhenIdle(): Promise<void> {
    attached = new Attached({ ringBytes: RING_BYTES });
    await attached.attach(server.pid);
    expect(loadNative().drainWhenIdle(attached.kernel.handle)).toBe(0);
    await becomes(IDLE);
  }

  it('is held while the ring is empty, and given up while a quarter of it is full', async () => {
    await drainWhenIdle();
    await load(server.url, 1_000);
    await becomes(USUAL);
    // A few at a time, so that it is not for standing still.
    const few = new Uint8Array(wireSize.EV_SPAN_END);
    for (let round = 0; round < 30; round++) {
      expect(loadNative().drain(attached.kernel.handle, few)).toBeGreaterThan(0);
      await new Promise((done) => setTimeout(done, 50));
    }
    expect(policy()).toBe(USUAL);
    attached.drain();
    await becomes(IDLE);
    expect(attached.losses()).toEqual([]);
  });

  it('is given up for one record that nobody takes', async () => {
    await drainWhenIdle();
    await load(server.url, 1, 1);
    await becomes(USUAL);
    attached.drain();
    await becomes(IDLE);
  });

  it('is given up while somebody waits', async () => {
    await drainWhenIdle();
    attached.kernel.drainUrgently(true);
    await becomes(USUAL);
    await new Promise((done) => setTimeout(done, 1_500));
    expect(policy()).toBe(USUAL);
    attached.kernel.drainUrgently(false);
    await becomes(IDLE);
  });

  it('is what the command drains with', async () => {
    attached = new Attached();
    const command = goidspan(['attach', '--pid', String(server.pid)]);
    await command.output(/attached/, 20_000);
    const threads = () =>
      readdirSync(`/proc/${command.pid}/task`).map((id) => policy(`${command.pid}/task/${id}`));
    await eventually('thread of idle priority', 5_000, () => threads().includes(IDLE) || undefined);
    expect(threads().filter((one) => one === IDLE)).toHaveLength(1);
    expect(await command.stop()).toBe(0);
  });

  it('is had by one thread at a time', async () => {
    await drainWhenIdle();
    expect(loadNative().drainWhenIdle(attached.kernel.handle)).toBeLessThan(0);
  });
});
