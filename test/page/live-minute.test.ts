/** The live tail for a minute under load: it tells of every span, and takes no more memory at its end than at its beginning. */
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser } from './support/in-browser.ts';
import { endingAt, recorded, spansOf } from './support/otlp.ts';

const MINUTE_MS = 60_000;
const EVERY_MS = 50;
const ROWS_MAX = 200;
/** That a minute may add, where 100,000 spans came and went. */
const MORE_BYTES_MAX = 8e6;

async function heapBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize;
}

describeInBrowser('the live tail', [], (around) => {
  it('follows for a minute', async () => {
    const { page, to, close } = await around.look();
    await to('live');
    await page.getByText('Connected.').waitFor();
    const requests = recorded('shop');
    const rows = () => page.locator('.hits tbody tr').count();
    const began = performance.now();
    let [sent, turn, first] = [0, 0, 0];
    while (performance.now() - began < MINUTE_MS) {
      const some = requests.slice(turn % requests.length, (turn % requests.length) + 1);
      await around.served.append(endingAt(some, Date.now() * 1000));
      sent += spansOf(some).length;
      if (++turn % 100 === 0) expect(await rows()).toBeLessThanOrEqual(ROWS_MAX);
      if (first === 0 && performance.now() - began > MINUTE_MS / 6) first = await heapBytes(page);
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
    const arrived = async () =>
      Number((await page.getByText(/ arrived/).textContent())?.match(/[\d,]+/)?.[0].replaceAll(',', ''));
    await expect.poll(arrived, { timeout: 10_000 }).toBe(sent);
    expect(sent).toBeGreaterThan(10_000);
    expect(await rows()).toBe(ROWS_MAX);
    expect((await heapBytes(page)) - first).toBeLessThan(MORE_BYTES_MAX);
    await page.getByText('Connected.').waitFor();
    await close();
  }, 120_000);
});
