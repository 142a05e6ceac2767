/** What a page shows of the tracer in its own process, live: how deep it looks, what that takes, what it does not see. */
import { expect, it, onTestFinished } from 'vitest';
import type { AgentState } from '../../src/page-api/agent-state.ts';
import type { StoreState } from '../../src/page-api/answers.ts';
import { GoidSpanProcessor } from '../../src/plugin/goidspan-span-processor.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { temporaryFolder } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { axeFindings, look, picture } from './support/browser.ts';
import { browser, startBrowser } from './support/chromium.ts';

const nothing = async (): Promise<void> => {};
const nowhere = { onStart: () => {}, onEnd: () => {}, forceFlush: nothing, shutdown: nothing };

describeWith([kernel, go, browser], 'the page of a tracer', () => {
  it('tells its level and budget over time, its programs, and what is not seen and lost', async () => {
    const server = await GoServer.start(
      await buildGo({ dir: 'test/fixtures/acceptance/server', name: 'acceptance-server' }),
    );
    onTestFinished(() => server.stop());
    const plugin = new GoidSpanProcessor({
      ...{ targets: { pid: server.pid }, processor: nowhere, limits: { shutdownTimeoutMillis: 30_000 } },
      // So little that the second level is too much as soon as there is work.
      ...{ level: 'waits', budget: 1e-6, keep: { slow: true, error: true, ratio: 0.5 } },
      page: { port: 0, store: await temporaryFolder() },
    });
    onTestFinished(() => plugin.shutdown());
    await plugin.forceFlush();
    const url = `${plugin.status().page?.url}/`;
    const told = async (): Promise<AgentState> => {
      const state = (await (await fetch(`${url}api/state`)).json()) as StoreState;
      return state.agent as AgentState;
    };
    const first = await told();
    expect(first).toMatchObject({
      level: { now: 'waits', asked: 'waits' },
      budget: { limit: 1e-6 },
      sampler: { share: 1, parentBased: true },
      keep: { slow: true, error: true, ratio: 0.5 },
      targets: [{ pid: server.pid, isEnded: false, exe: expect.stringMatching(/acceptance-server/) }],
    });
    // A program that calls no gRPC lacks nothing by that.
    const [target] = first.targets;
    expect(target?.missing.filter(({ hook }) => hook.startsWith('grpc'))).toEqual([]);
    expect(target?.absent).toBeGreaterThan(5);
    expect(target?.moreMissing).toBe(0);

    const until = performance.now() + 15_000;
    let now = first;
    while (!now.events.some(({ text }) => /^level/.test(text)) && performance.now() < until) {
      for (let id = 0; id < 50; id++) await server.get(`/get?id=${id}`);
      now = await told();
    }
    expect(now.level).toEqual({ now: 'spans', asked: 'waits' });
    expect(now.events.map(({ text }) => text).join('\n')).toMatch(
      /attached to .*\n.*level spans instead of waits: probes took .* of a budget of 0.0001 %/s,
    );
    const { series } = now;
    expect(series.level.map((index) => now.levels[index])).toEqual(
      expect.arrayContaining(['waits', 'spans']),
    );
    expect(Math.max(...series.used.map(Number))).toBeGreaterThan(1e-6);
    expect(new Set(Object.values(series).map((column) => [column].flat().length)).size).toBe(2);

    const started = await startBrowser();
    onTestFinished(() => started.close());
    for (const scheme of ['light', 'dark'] as const) {
      const { page, to, close } = await look(started, url, { scheme });
      await to('state');
      await page.getByText('spans, asked for waits').waitFor();
      await page.getByRole('img', { name: /probes took at most .* % of the processors/ }).waitFor();
      await page.getByText('slow ones, errors, 50 % of all').waitFor();
      const summary = page.getByText('The same as a table, minute by minute');
      await summary.focus();
      await page.keyboard.press('Enter');
      const minutes = page.getByRole('table', { name: 'Level and budget, minute by minute' });
      // In one minute, or in two.
      expect(await minutes.textContent()).toMatch(/waits, then spans|spans.*waits/);
      await page.getByRole('row', { name: new RegExp(`${server.pid}`) }).waitFor();
      await page.getByRole('button', { name: 'Look again' }).click();
      await picture(page, `agent-${scheme}`);
      expect(await axeFindings(page)).toEqual([]);
      await close();
    }
  });
});
