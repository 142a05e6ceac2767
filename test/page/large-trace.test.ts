/** Traces of many spans: how soon they are seen, how smoothly they are scrolled, how little of them is in the document. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../support/capabilities.ts';
import { axeFindings, browser, look, picture, startBrowser } from './support/browser.ts';
import type { OtlpRequest, OtlpSpan } from './support/otlp.ts';
import { type ServedPage, servePage } from './support/page-server.ts';

/** Goals in ms. Others may want the processors: it is done over until it is as good, and so often at most. */
const PAINT_MS: Readonly<Record<number, number>> = { 2000: 300, 20000: 600 };
const FRAME_P95_MS = 25;
const TRIES_MAX = 12;
/** Of its main thread, whoever else is there: there must be time left in a frame. */
const FRAME_CPU_MS = 12;

const traceIdOf = (spans: number): string => spans.toString(16).padStart(32, 'a');

/** A trace as a crawler of routes makes it: calls within calls, each with a breakdown. */
function generated(count: number): OtlpRequest {
  const start = BigInt(Date.now() - 60_000) * 1_000_000n;
  const spans = Array.from({ length: count }, (_, at): OtlpSpan => {
    const parent = at === 0 ? -1 : Math.floor((at - 1) / 4);
    const from = start + BigInt(at) * 40_000n;
    const ns = at === 0 ? count * 50_000 : 200_000 + ((at * 7919) % 9) * 400_000;
    const spent = { cpu: Math.round(ns * 0.3), mutex: Math.round(ns * 0.2), network: Math.round(ns * 0.5) };
    return {
      traceId: traceIdOf(count),
      spanId: (at + 1).toString(16).padStart(16, '0'),
      ...(parent >= 0 && { parentSpanId: (parent + 1).toString(16).padStart(16, '0') }),
      name: `GET /items/${at % 40}`,
      kind: at % 2 === 0 ? 2 : 3,
      startTimeUnixNano: String(from),
      endTimeUnixNano: String(from + BigInt(ns)),
      attributes: [
        { key: 'goidspan.goid', value: { intValue: (at % 500) + 1 } },
        { key: 'goidspan.breakdown', value: { stringValue: JSON.stringify(spent) } },
      ],
      status: { code: at % 997 === 500 ? 2 : 0 },
    };
  });
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'crawler' } }] };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'generated' }, spans }] }] };
}

/** When rows have been painted, in ms from the navigation on: with the page itself, the question, and what is made of the answer. */
const painted = `{
  const look = () => {
    if (!document.querySelector('[role=row]')) return requestAnimationFrame(look);
    requestAnimationFrame(() => { window.paintedMs = performance.now(); });
  };
  requestAnimationFrame(look);
}`;

/** That, and how long the server took to begin with its answer, which is not the page's. */
const paintedAndServed = `performance.getEntriesByType('resource').filter(({ name }) => name.includes('/api/trace/'))
  .map(({ requestStart, responseStart }) => [window.paintedMs, responseStart - requestStart])[0]`;

/** Scrolls a little in each frame, and now and then far; ms of each frame. */
const scrolling = `new Promise((done) => {
  const grid = document.querySelector('[role=treegrid]');
  const times = [];
  let last = performance.now();
  let frames = 0;
  const step = (now) => {
    times.push(now - last);
    last = now;
    grid.scrollTop = frames % 30 === 29 ? (grid.scrollTop + 120000) % grid.scrollHeight : grid.scrollTop + 72;
    if (++frames < 180) requestAnimationFrame(step);
    else done(times.slice(5));
  };
  requestAnimationFrame(step);
})`;

/** Measures until it is at most `goal`; all that was measured. */
async function until(goal: number, measure: () => Promise<number>): Promise<number[]> {
  const measured: number[] = [];
  for (let at = 0; at < TRIES_MAX; at++) {
    const value = await measure();
    measured.push(Math.round(value));
    if (value <= goal) break;
  }
  return measured;
}

describeWith([browser], 'a trace of many spans', () => {
  const timeout = 120_000;
  let served: ServedPage;
  let started: Browser;
  beforeAll(async () => {
    served = await servePage([generated(2_000), generated(20_000)]);
    started = await startBrowser();
  });
  afterAll(async () => {
    await started.close();
    await served.stop();
  });

  it.each([2_000, 20_000])('of %d is soon there', { timeout }, async (spans) => {
    const { page, close } = await look(started, served.url);
    await page.addInitScript(painted);
    const goal = PAINT_MS[spans] as number;
    const answered: number[] = [];
    const times = await until(goal, async () => {
      await page.goto('about:blank');
      await page.goto(`${served.url}#/trace/${traceIdOf(spans)}`);
      await page.waitForFunction(() => 'paintedMs' in window);
      const [atMs, serverMs] = await page.evaluate<[number, number]>(paintedAndServed);
      answered.push(Math.round(serverMs));
      return atMs - serverMs;
    });
    await picture(page, `trace-${spans}`);
    process.stderr.write(
      `${spans} spans are there after ${times} ms, and what the server took: ${answered} ms\n`,
    );
    expect(times.at(-1)).toBeLessThanOrEqual(goal);
    await close();
  });

  it('has few of its rows in the document, and tells of all', async () => {
    const { page, close } = await look(started, served.url);
    await page.goto(`${served.url}#/trace/${traceIdOf(20_000)}`);
    const grid = page.getByRole('treegrid');
    await grid.waitFor();
    expect(await grid.getAttribute('aria-rowcount')).toBe('20000');
    expect(await page.locator('*').count()).toBeLessThan(900);
    await page.keyboard.press('End');
    const last = page.locator(`#${await grid.getAttribute('aria-activedescendant')}`);
    expect(await last.getAttribute('aria-rowindex')).toBe('20000');
    expect(await axeFindings(page)).toEqual([]);
    await page.evaluate('document.querySelector("[role=treegrid]").scrollTop = 0');
    // The row that is chosen stays in the document when it is scrolled away.
    await expect.poll(() => grid.getAttribute('aria-activedescendant')).toBe('away-row');
    expect(await page.locator('#away-row').getAttribute('aria-rowindex')).toBe('20000');
    await close();
  });

  it('is scrolled smoothly, jumps across all of it too', { timeout }, async () => {
    const { page, close } = await look(started, served.url);
    await page.goto(`${served.url}#/trace/${traceIdOf(20_000)}`);
    await page.getByRole('treegrid').waitFor();
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Performance.enable');
    const cpuSeconds = async (): Promise<number> => {
      const { metrics } = await devtools.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'ThreadTime')?.value ?? Number.NaN;
    };
    const cpuMs: number[] = [];
    const p95 = await until(FRAME_P95_MS, async () => {
      const before = await cpuSeconds();
      const frames = (await page.evaluate<number[]>(scrolling)).sort((a, b) => a - b);
      cpuMs.push((1000 * ((await cpuSeconds()) - before)) / frames.length);
      return frames[Math.floor(0.95 * frames.length)] as number;
    });
    const cpu = cpuMs.map((ms) => ms.toFixed(1));
    process.stderr.write(`95 of 100 frames took at most ${p95} ms, with ${cpu} ms of CPU a frame\n`);
    expect(p95.at(-1)).toBeLessThanOrEqual(FRAME_P95_MS);
    expect(Math.max(...cpuMs)).toBeLessThanOrEqual(FRAME_CPU_MS);
    await close();
  });
});
