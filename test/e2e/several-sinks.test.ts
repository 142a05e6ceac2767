import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { GoidBatchSpanProcessor } from '../../src/plugin/goid-batch-span-processor.ts';
import { Tracer } from '../../src/tracer/tracer.ts';
import { sumOf } from '../export/spans.ts';
import { buildHello, loadScript } from '../kernel/attached.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { temporaryFolder } from '../support/command.ts';
import { GoServer } from '../support/go-server.ts';
import { freePorts } from '../support/peers.ts';
import { bundleProgram, SinkProcess } from '../support/sink-process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const REQUESTS = 3_000;
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function receivers(...protocols: ('grpc' | 'http')[]): Promise<SinkProcess[]> {
  const program = await bundleProgram('support/sink-program.ts', await temporaryFolder());
  const started = await Promise.all(protocols.map((protocol) => SinkProcess.start(program, { protocol })));
  closing.push(...started.map((sink) => () => sink.stop()));
  return started;
}

const by = { grpc: 'grpc', http: 'http/protobuf' } as const;

function queueTo(url: string, protocol: 'grpc' | 'http'): GoidBatchSpanProcessor {
  return new GoidBatchSpanProcessor({
    url,
    protocol: by[protocol],
    scheduledDelayMillis: 50,
    shutdownTimeoutMillis: 1_000,
  });
}

/** All of it while this thread stands still, and a second for the spans to arrive. */
function loadWhileBlocked(url: string): void {
  const { stdout } = spawnSync(process.execPath, [loadScript, url, String(REQUESTS), '4']);
  expect(stdout.toString()).toContain(`answered ${REQUESTS}`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
}

async function traced(processors: readonly GoidBatchSpanProcessor[]) {
  const server = await GoServer.start(await buildHello());
  closing.push(() => server.stop());
  const tracer = await Tracer.open({ processors });
  closing.push(() => tracer.close());
  await tracer.attachPid(server.pid);
  return { server, tracer };
}

describeWith([kernel, go], 'several sinks of the draining thread', () => {
  it('get every span each, and need nothing of the main thread for that', async () => {
    const [first, second] = (await receivers('grpc', 'http')) as [SinkProcess, SinkProcess];
    const queues = [queueTo(first.url, 'grpc'), queueTo(second.url, 'http')];
    const { server, tracer } = await traced(queues);
    loadWhileBlocked(server.url);
    // Asked before this thread has done anything else.
    const reports = await Promise.all([first.report(), second.report()]);
    expect(reports.map(({ distinct }) => distinct)).toEqual([REQUESTS, REQUESTS]);
    const stats = await tracer.close();
    expect(stats).toMatchObject({ spans: { ended: REQUESTS }, lost: { total: 0 } });
    await Promise.all(queues.map((queue) => queue.shutdown()));
    const whole = { handed: REQUESTS, exported: REQUESTS, lostByReason: {} };
    expect(queues.map((queue) => queue.status().exports)).toEqual([whole, whole]);
  });

  it('may be of the other module kind than the tracer', async () => {
    const [sink] = (await receivers('grpc')) as [SinkProcess];
    const required = createRequire(import.meta.url)(
      '../../dist/index.cjs',
    ) as typeof import('../../src/index.ts');
    const imported: typeof import('../../src/index.ts') = await import(`${root}/dist/index.js`);
    const server = await GoServer.start(await buildHello());
    closing.push(() => server.stop());
    const queue = new required.GoidBatchSpanProcessor({
      url: sink.url,
      protocol: 'grpc',
      scheduledDelayMillis: 50,
    });
    const tracer = await imported.Tracer.open({ processors: [queue] });
    closing.push(() => tracer.close());
    await tracer.attachPid(server.pid);
    loadWhileBlocked(server.url);
    expect((await sink.report()).distinct).toBe(REQUESTS);
    await tracer.close();
    await queue.shutdown();
    expect(queue.status().exports).toEqual({ handed: REQUESTS, exported: REQUESTS, lostByReason: {} });
  });

  it('lose and count each for itself: one that is down takes nothing from the other', async () => {
    const [up] = (await receivers('grpc')) as [SinkProcess];
    const [port] = await freePorts(1);
    const queues = [queueTo(`http://127.0.0.1:${port}`, 'http'), queueTo(up.url, 'grpc')];
    const { server, tracer } = await traced(queues);
    loadWhileBlocked(server.url);
    expect(await up.report()).toMatchObject({ spans: REQUESTS, distinct: REQUESTS });
    await tracer.close();
    await Promise.all(queues.map((queue) => queue.shutdown()));
    const [down, reached] = queues.map((queue) => queue.status());
    expect(reached?.exports).toEqual({ handed: REQUESTS, exported: REQUESTS, lostByReason: {} });
    expect(reached?.transfers.retriesByReason).toEqual({});
    expect(down?.exports).toMatchObject({ handed: REQUESTS, exported: 0 });
    expect(sumOf(down?.exports.lostByReason ?? {})).toBe(REQUESTS);
    expect(sumOf(down?.transfers.retriesByReason ?? {})).toBeGreaterThan(0);
    // Of the tracer's own losses it is none.
    expect(tracer.currentStats().lost.total).toBe(0);
  });
});
