import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Ingest } from '../../src/ingest/ingest.ts';
import type { Batch } from '../../src/wire/batch.ts';
import { wireSize } from '../../src/wire/wire.gen.ts';
import { describeLive } from '../support/capabilities.ts';
import { Child, eventually } from '../support/child.ts';
import { GoServer } from '../support/go-server.ts';
import { Attached, buildHello, load, loadScript } from './attached.ts';

const REQUESTS = 2_000;

describeLive('draining', () => {
  let server: GoServer;
  let attached: Attached | undefined;
  beforeAll(async () => {
    server = await GoServer.start(await buildHello());
  });
  afterAll(() => server.stop());
  afterEach(async () => {
    await attached?.close();
    attached = undefined;
  });

  it('into a batch that just fits one record loses nothing', async () => {
    attached = new Attached({}, wireSize.EV_SPAN_END);
    await attached.attach(server.pid);
    await load(server.url, REQUESTS);
    const batches = attached.drain();
    expect(attached.spans).toHaveLength(REQUESTS);
    expect(attached.kernel.counts()).toMatchObject({ HIT_HTTP_SERVER_END: REQUESTS, LOST_RING_FULL: 0 });
    expect(batches).toBeGreaterThan(REQUESTS / (wireSize.EV_SPAN_END / 200));
    expect(attached.bad).toBe(0);
  });

  it.each([1, 7, 8, 100, 1_000])('into a batch of %i bytes more than that loses nothing', async (more) => {
    attached = new Attached({}, wireSize.EV_SPAN_END + more);
    await attached.attach(server.pid);
    await load(server.url, 300);
    attached.drain();
    expect(attached.spans).toHaveLength(300);
    expect(attached.violations()).toEqual([]);
  });

  it('goes around the end of the ring, again and again', async () => {
    attached = new Attached({ ringBytes: 16_384 });
    await attached.attach(server.pid);
    for (let round = 0; round < 20; round++) {
      await load(server.url, 50);
      attached.drain();
    }
    expect(attached.spans).toHaveLength(1_000);
    expect(attached.losses()).toEqual([]);
  });

  it('counts what found no room in the ring, and spans and losses make up all', async () => {
    attached = new Attached({ ringBytes: 4096 });
    await attached.attach(server.pid);
    await load(server.url, 200);
    attached.drain();
    const lost = attached.kernel.counts()['LOST_RING_FULL'] as number;
    expect(lost).toBeGreaterThan(0);
    expect(attached.spans.length + lost).toBe(200);
  });

  it('keeps no part of the ring mapped', async () => {
    attached = new Attached({ ringBytes: 1 << 20 });
    await attached.attach(server.pid);
    await load(server.url, 300);
    attached.drain();
    expect(attached.spans).toHaveLength(300);
    const pages = /^[\da-f]+-[\da-f]+ .*bpf.map$/;
    const ranges = readFileSync('/proc/self/maps', 'utf8')
      .split('\n')
      .filter((line) => pages.test(line));
    const bytes = ranges.map((line) => {
      const [from = '', to = ''] = (line.split(' ')[0] ?? '').split('-');
      return Number.parseInt(to, 16) - Number.parseInt(from, 16);
    });
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1 << 16);
    expect(bytes.length).toBeGreaterThan(0);
  });

  it.each([false, true])(
    'by its own thread (of idle priority: %s) loses nothing while the main thread is blocked for a second',
    async (idlePriority) => {
      const blocked = new Attached({ ringBytes: 256 << 10 });
      attached = blocked;
      const onFailure = (error: Error) => {
        throw error;
      };
      let inTurn = 0;
      let inTurnMost = 0;
      const onBatch = (batch: Batch) => {
        blocked.take(batch);
        if (inTurn++ === 0) setImmediate(() => (inTurn = 0));
        inTurnMost = Math.max(inTurnMost, inTurn);
      };
      const ingest = new Ingest(blocked.kernel, { onBatch, onFailure }, { idlePriority });
      await blocked.attach(server.pid);
      const requests = 12_000;
      const loader = new Child(process.execPath, [loadScript, server.url, String(requests), '8']);
      await eventually('load', 10_000, () => (blocked.spans.length > 0 ? true : undefined));
      const before = blocked.kernel.counts()['HIT_HTTP_SERVER_END'] as number;
      const until = performance.now() + 1_000;
      while (performance.now() < until);
      const during = (blocked.kernel.counts()['HIT_HTTP_SERVER_END'] as number) - before;
      await loader.output(new RegExp(`answered ${requests}\\b`), 30_000);
      await ingest.drain();
      await ingest.close();
      // More than the ring holds, at nearly 200 bytes each.
      expect(during).toBeGreaterThan((256 << 10) / 190);
      expect(blocked.spans).toHaveLength(requests);
      // Between a few, the thread sees to its other work.
      expect(inTurnMost).toBeLessThanOrEqual(4);
      expect(blocked.losses()).toEqual([]);
      expect(blocked.violations()).toEqual([]);
    },
  );
});
