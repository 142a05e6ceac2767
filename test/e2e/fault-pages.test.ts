/** Each fault of the suite, as who looks at the page of its span sees it: all that matters is on the screen at once. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SearchAnswer, SpanAnswer, TraceAnswer } from '../../src/page-api/answers.ts';
import { useLabel } from '../../src/ui/time-uses.ts';
import { look } from '../page/support/browser.ts';
import { browser, startBrowser } from '../page/support/chromium.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { eventually } from '../support/child.ts';
import { temporaryFolder } from '../support/command.ts';
import { verdicts } from '../support/fault-verdicts.ts';
import { addressIn, ask, pageCommand } from '../support/page-command.ts';
import { circumstances, type Fault } from '../support/waits-faults.ts';
import { WaitsServer, waitsBuild } from '../support/waits-server.ts';

const SCREEN = { width: 1280, height: 800 };
const timeout = 300_000;
/** Others may want the processors. */
const retry = 2;

describeWith([kernel, go, browser], 'the page of a fault', () => {
  let started: Browser;
  beforeAll(async () => {
    started = await startBrowser();
  });
  afterAll(() => started.close());

  it.for(circumstances)(
    'has its verdict, lane and arrow on the screen: $name',
    { timeout, retry },
    async (circumstance, context) => {
      const waits = await WaitsServer.during(context, waitsBuild('local-plain'), circumstance);
      const store = ['--store', await temporaryFolder()];
      const tracer = await pageCommand([
        ...['attach', '--pid', String(waits.server.pid), '--page', '--page-port', '0', ...store],
        ...['--level', 'cpu', '--slow', '10', '--budget', 'none'],
      ]);
      context.onTestFinished(() => tracer.stop('SIGINT').then(() => {}));
      const url = await addressIn(tracer);
      await tracer.output(/attached to /);
      const { page, to, close } = await look(started, `${url}/`, SCREEN);
      let arrows = 0;
      for (const fault of circumstance.faults) {
        if (fault.name === 'nothing') continue;
        const span = await spanOf(waits, url, fault);
        await to(`span/${span.traceId}/${span.spanId}`);
        const trace = await ask<TraceAnswer>(`${url}/api/trace/${span.traceId}`);
        if (await isTold(page, fault, span, trace)) arrows++;
      }
      if (circumstance.name === 'alone') expect(arrows).toBeGreaterThanOrEqual(8);
      await close();
    },
  );
});

async function spanOf(waits: WaitsServer, url: string, fault: Fault): Promise<SpanAnswer> {
  const { id } = await waits.ask(fault.path, fault.held);
  const [, query] = fault.path.split('?');
  const said = encodeURIComponent(`url.query=${query === undefined ? '' : `${query}&`}id=${id}`);
  const hit = await eventually(`the span of ${fault.name}`, 20_000, async () => {
    const { hits } = await ask<SearchAnswer>(`${url}/api/search?kind=2&attribute=${said}`);
    return hits[0];
  });
  return ask<SpanAnswer>(`${url}/api/span/${hit.traceId}/${hit.spanId}`);
}

/** What the span says of itself is what the screen shows of it. Resolves to whether an arrow is there. */
async function isTold(page: Page, fault: Fault, span: SpanAnswer, trace: TraceAnswer): Promise<boolean> {
  const { attributes } = span;
  const verdict = attributes['goidspan.verdict'];
  if (verdicts[fault.name] !== undefined) expect(verdict, fault.name).toBeDefined();
  if (typeof verdict === 'string')
    await isOnScreen(page.getByText(verdict.replace(/^\w+: /, '')), `${fault.name}: the verdict`);
  await isOnScreen(page.locator('.bar.large'), `${fault.name}: the breakdown`);
  const own = `Goroutine ${attributes['goidspan.goid']}`;
  await isOnScreen(page.locator('.lane-titles').getByText(own, { exact: true }), `${fault.name}: its lane`);
  const wait = longestWait(trace, span);
  if (wait === undefined) return false;
  const label = useLabel((trace.texts[trace.name[wait] as number] ?? '').slice('wait '.length));
  await isOnScreen(
    page.locator('.lanes').getByRole('link', { name: new RegExp(`^${label}, `) }),
    `${fault.name}: what it waited for`,
  );
  const detail = await ask<SpanAnswer>(
    `${new URL(page.url()).origin}/api/span/${trace.traceId}/${trace.spanId[wait]}`,
  );
  const waker = detail.attributes['goidspan.wait.waker.goid'];
  if (waker === undefined || waker === attributes['goidspan.goid']) return false;
  const arrow = page.locator('a.wake.is-told');
  await isOnScreen(arrow, `${fault.name}: the arrow`);
  expect(await arrow.getAttribute('aria-label'), fault.name).toMatch(/: ended by goroutine \d+/);
  return true;
}

/** Of its own goroutine, of more than half of the span. */
function longestWait(trace: TraceAnswer, span: SpanAnswer): number | undefined {
  const waits = trace.spanId
    .map((_, at) => at)
    .filter((at) => (trace.texts[trace.name[at] as number] ?? '').startsWith('wait '))
    .filter((at) => trace.goid[at] === span.attributes['goidspan.goid'])
    .filter((at) => (trace.durationNs[at] as number) > span.durationNs / 2);
  return waits.sort((a, b) => (trace.durationNs[b] as number) - (trace.durationNs[a] as number))[0];
}

async function isOnScreen(what: Locator, why: string): Promise<void> {
  await what.first().waitFor();
  const box = await what.first().boundingBox();
  expect(box, why).not.toBeNull();
  expect((box?.y ?? 0) + (box?.height ?? 0), why).toBeLessThanOrEqual(SCREEN.height);
}
