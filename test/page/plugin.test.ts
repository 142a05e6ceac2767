/** The page of a plug-in: the spans of the application and of the Go programs that it traces, without a collector. */
import { fileURLToPath } from 'node:url';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { expect, it, onTestFinished } from 'vitest';
import type { SearchAnswer } from '../../src/page-api/answers.ts';
import { GoidSpanProcessor } from '../../src/plugin/goidspan-span-processor.ts';
import type { PageOptions } from '../../src/plugin/options.ts';
import { describeLive } from '../support/capabilities.ts';
import { Child } from '../support/child.ts';
import { temporaryFolder } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const nowhere = {
  onStart: () => {},
  onEnd: () => {},
  forceFlush: async () => {},
  shutdown: async () => {},
};

async function startServer(): Promise<GoServer> {
  const server = await GoServer.start(
    await buildGo({ dir: 'test/fixtures/acceptance/server', name: 'acceptance-server' }),
  );
  onTestFinished(() => server.stop());
  return server;
}

function plugIn({ pid }: GoServer, page: PageOptions): GoidSpanProcessor {
  // Others may want the processors.
  const limits = { shutdownTimeoutMillis: 30_000 };
  const plugin = new GoidSpanProcessor({ targets: { pid }, processor: nowhere, limits, page });
  onTestFinished(() => plugin.shutdown());
  return plugin;
}

describeLive('the page of a plug-in', () => {
  it('shows the spans of the application and of its targets, and keeps them for the next time', async () => {
    const server = await startServer();
    const page = { port: 0, store: await temporaryFolder() };
    const found = async (plugin: GoidSpanProcessor): Promise<string[]> => {
      await plugin.forceFlush();
      const answer = await fetch(`${plugin.status().page?.url}/api/search?limit=100`);
      return ((await answer.json()) as SearchAnswer).hits.map(({ name }) => name);
    };

    const plugin = plugIn(server, page);
    const provider = new BasicTracerProvider({ spanProcessors: [plugin] });
    // Before the store can be open.
    provider.getTracer('app').startSpan('early').end();
    await plugin.forceFlush();
    for (let id = 0; id < 10; id++) await server.get(`/get?id=${id}`);
    const names = await found(plugin);
    expect(names).toHaveLength(31);
    expect(names).toContain('early');
    expect(plugin.status().page).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      exports: { handed: 31, exported: 31, lostByReason: {} },
    });

    const url = String(plugin.status().page?.url);
    await provider.shutdown();
    await expect(fetch(url)).rejects.toThrow();
    const next = plugIn(server, page);
    expect((await found(next)).sort()).toEqual(names.sort());
  });

  it('is done without where another one keeps its spans in that store, and it is said why', async () => {
    const server = await startServer();
    const page = { port: 0, store: await temporaryFolder() };
    await plugIn(server, page).forceFlush();
    const other = plugIn(server, page);
    await other.forceFlush();
    expect(other.status()).toMatchObject({
      state: 'tracing',
      page: { reason: { code: 'store_busy', message: expect.stringContaining(page.store) } },
    });
    expect(other.status().page).not.toHaveProperty('url');
  });

  it('keeps no process alive that forgets to shut it down, and loses nothing that it has kept', async () => {
    const server = await startServer();
    const store = await temporaryFolder();
    const script = `
      const { GoidSpanProcessor } = require('goidspan');
      const nothing = async () => {};
      const processor = { onStart() {}, onEnd() {}, forceFlush: nothing, shutdown: nothing };
      const page = { port: 0, store: ${JSON.stringify(store)} };
      const limits = { shutdownTimeoutMillis: 30_000 };
      const plugin = new GoidSpanProcessor({ targets: { pid: ${server.pid} }, processor, limits, page });
      (async () => {
        await plugin.forceFlush();
        await (await fetch('${server.url}/get?id=x')).text();
        await plugin.forceFlush();
        console.log(JSON.stringify(plugin.status().page.exports));
      })();`;
    const child = new Child(process.execPath, ['-e', script], { cwd: root });
    expect(await child.ended, child.stderr).toBe(0);
    expect(JSON.parse(child.stdout)).toEqual({ handed: 3, exported: 3, lostByReason: {} });
    const plugin = plugIn(server, { port: 0, store });
    await plugin.forceFlush();
    const answer = await fetch(`${plugin.status().page?.url}/api/search?limit=100`);
    expect(((await answer.json()) as SearchAnswer).hits).toHaveLength(3);
  });
});
