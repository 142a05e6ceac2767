import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SpanFact } from '../../src/correlate/fact.ts';
import { spanFact } from '../../src/correlate/span-fact.ts';
import { decodeBatch } from '../../src/wire/decode.ts';
import { describeLive } from '../support/capabilities.ts';
import { Child, eventually } from '../support/child.ts';
import { GoServer } from '../support/go-server.ts';
import { Attached, buildServer, loadScript } from './attached.ts';

const SECOND = 1_000_000_000n;

describeLive('the context maps', () => {
  let server: GoServer;
  let attached: Attached;
  let slow: SlowServer;
  beforeEach(async () => {
    server = await GoServer.start(await buildServer());
    attached = new Attached({ ringBytes: 32 << 20 });
    await attached.attach(server.pid);
    slow = await SlowServer.start();
  });
  afterEach(async () => {
    slow.stop();
    await attached.close();
    await server.stop();
  });

  /** The spans that are open now. */
  async function open(): Promise<SpanFact[]> {
    const spans: SpanFact[] = [];
    decodeBatch(await attached.kernel.copyOpen(0), {
      spanEnd: (record) => spans.push(spanFact(record)),
      bad: (reason) => {
        throw new Error(reason);
      },
    });
    return spans;
  }

  it('show the open spans of a request and its goroutines, and are empty when it is over', async () => {
    const reply = server.get(`/fanout?id=a&n=3&to=${slow.url}`);
    await slow.waiting(3);
    const spans = await open();
    const request = spans.find(({ spanKind }) => spanKind === 'server');
    expect(spans.map(({ spanKind }) => spanKind).sort()).toEqual(['client', 'client', 'client', 'server']);
    for (const call of spans.filter(({ spanKind }) => spanKind === 'client')) {
      expect(call.parentSpanId).toEqual(request?.spanId);
    }
    slow.answer();
    await reply;
    await eventually('no open span', 5_000, async () => ((await open()).length === 0 ? true : undefined));
  });

  it('keep through a sweep what open spans have given to their goroutines, and lose it when they end', async () => {
    const reply = server.get(`/nested?id=a&depth=5&to=${slow.url}`);
    await slow.waiting(1);
    const first = await attached.kernel.sweep(0n);
    expect(first.kept).toBeGreaterThanOrEqual(5);
    expect((await attached.kernel.sweep(0n)).kept).toBe(first.kept);
    slow.answer();
    await reply;
    await eventually('an empty map', 5_000, async () =>
      (await attached.kernel.sweep(0n)).kept === 0 ? true : undefined,
    );
    attached.drain();
    const call = attached.spans.find(({ spanKind }) => spanKind === 'client');
    const request = attached.spans.find(({ spanKind }) => spanKind === 'server');
    expect(call?.parentSpanId).toEqual(request?.spanId);
  });

  it('keep an ended span as a link for the grace period, and not longer', async () => {
    const linkAfter = async (id: string, graceNs: bigint): Promise<SpanFact> => {
      await server.get(`/outlive?id=${id}&delay=400`);
      await attached.kernel.sweep(graceNs);
      return await eventually(`call of ${id}`, 10_000, () => {
        attached.drain();
        return attached.spans.find(
          ({ spanKind, body }) => spanKind === 'client' && body.query?.includes(`of=${id}`),
        );
      });
    };
    const linked = await linkAfter('kept', 10n * SECOND);
    expect(linked.link?.spanId).toEqual(
      attached.spans.find(({ body }) => body.query?.includes('id=kept'))?.spanId,
    );
    const alone = await linkAfter('swept', 0n);
    expect([alone.link, alone.parentSpanId]).toEqual([undefined, undefined]);
  });

  it('give up one span when told, and only if it is still open', async () => {
    const reply = server.get(`/get?id=a&to=${slow.url}`);
    await slow.waiting(1);
    const call = (await open()).find(({ spanKind }) => spanKind === 'client') as SpanFact;
    expect(attached.kernel.removeOpen(1, call.goid, 1)).toBe(true);
    expect(attached.kernel.removeOpen(1, call.goid, 1)).toBe(false);
    slow.answer();
    await reply;
    expect(
      await eventually('the request', 5_000, () => {
        attached.drain();
        return attached.spans.find(({ spanKind }) => spanKind === 'server');
      }),
    ).toMatchObject({ ending: 'returned' });
    expect(attached.kernel.counts()['NOTE_END_WITHOUT_START']).toBe(1);
  });

  it('forget one target and not the others', async () => {
    const other = await GoServer.start(await buildServer());
    await attached.attach(other.pid);
    const replies = [server, other].map((each) => each.get(`/nested?id=a&depth=2&to=${slow.url}`));
    await slow.waiting(2);
    expect(new Set((await open()).map(({ targetId }) => targetId))).toEqual(new Set([1, 2]));
    await attached.kernel.forgetTarget(1);
    expect((await open()).map(({ targetId }) => targetId)).toEqual([2, 2]);
    expect((await attached.kernel.sweep(0n)).kept).toBeGreaterThanOrEqual(2);
    slow.answer();
    await Promise.all(replies);
    await other.stop();
  });

  it('hold nothing after 20,000 requests with goroutines, swept as the tracer does', async () => {
    const requests = 10_000; // each calls the server itself from a goroutine
    const loader = new Child(process.execPath, [
      loadScript,
      `${server.url}/nested?id=x&depth=1`,
      String(requests),
      '8',
    ]);
    const most = { kept: 0, removed: 0 };
    let done = false;
    void loader.ended.then(() => {
      done = true;
    });
    while (!done) {
      await new Promise((next) => setTimeout(next, 100));
      attached.drain();
      const { kept, removed } = await attached.kernel.sweep(SECOND);
      most.kept = Math.max(most.kept, kept);
      most.removed += removed;
    }
    expect(loader.stdout).toContain(`answered ${requests}`);
    await eventually('all spans', 5_000, () => {
      attached.drain();
      return attached.spans.length >= 3 * requests ? true : undefined;
    });
    expect(attached.spans).toHaveLength(3 * requests);
    expect(attached.losses()).toEqual([]);
    expect(attached.violations()).toEqual([]);
    most.removed += (await attached.kernel.sweep(0n)).removed;
    process.stdout.write(`inherited entries: at most ${most.kept} at once, ${most.removed} in all\n`);
    expect(await attached.kernel.sweep(0n)).toEqual({ kept: 0, removed: 0 });
    expect(await open()).toEqual([]);
    expect(most.removed).toBeGreaterThanOrEqual(requests);
  });
});

/** An HTTP server that holds every answer back until it is told. */
class SlowServer {
  readonly url: string;
  readonly #server: Server;
  readonly #held: ServerResponse[];

  private constructor(server: Server, held: ServerResponse[]) {
    this.#server = server;
    this.#held = held;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<SlowServer> {
    const held: ServerResponse[] = [];
    const server = createServer((_, response) => held.push(response));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return new SlowServer(server, held);
  }

  /** Resolves when that many requests are held. */
  async waiting(count: number): Promise<void> {
    await eventually(`${count} requests`, 10_000, () => (this.#held.length >= count ? true : undefined));
  }

  answer(): void {
    for (const response of this.#held.splice(0)) response.end('late');
  }

  stop(): void {
    this.answer();
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
