/** The page of a span, for who has never seen it: what is to be understood in ten seconds is on the screen at once. */
import { expect, it } from 'vitest';
import { describeInBrowser } from './support/in-browser.ts';
import { sample, textIn } from './support/sample.ts';

const told = sample(3);

/** Beginning of the verdict → what waits in the lanes, and who ended it. */
const slow: readonly (readonly [verdict: string, wait: string | undefined, waker: RegExp | undefined])[] = [
  ['mutex', 'mutex', /^48.1 ms: ended by goroutine 3, which had held it \(GET \/hold\/mutex\)/],
  ['sleep: 60 of 61 ms in time.Sleep, while', 'channel receive', /ended by goroutine \d+/],
  ['upstream', 'select', /ended by goroutine \d+/],
  ['network', 'network', undefined],
  ['syscall', 'system call', undefined],
  ['stop', 'world stopped', undefined],
];

describeInBrowser('the page of a slow span', told.requests, (around) => {
  it.each(slow)(
    'tells without scrolling of %s: the verdict, the lane, the arrow',
    async (verdict, wait, waker) => {
      const { page, to, close } = await around.look({ width: 1280, height: 800 });
      const span = told.slow(verdict);
      await to(`span/${span.traceId}/${span.spanId}`);
      const isOnScreen = async (selector: ReturnType<typeof page.locator>): Promise<void> => {
        const box = await selector.first().boundingBox();
        expect(box).not.toBeNull();
        expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(800);
      };
      const sentence = textIn(span, 'goidspan.verdict').replace(/^\w+: /, '');
      await isOnScreen(page.getByText(sentence));
      const share = page.getByText(/explains .* of it/);
      await isOnScreen(share);
      if (wait !== undefined && wait !== 'world stopped')
        await isOnScreen(page.getByRole('link', { name: new RegExp(`^${wait}, `) }));
      await isOnScreen(page.locator('.bar.large'));
      expect(await page.locator('.bar.large').first().getAttribute('aria-label')).toMatch(/ \d+ %/);
      if (waker !== undefined) {
        const arrow = page.locator('a.wake.is-told');
        await isOnScreen(arrow);
        expect(await arrow.getAttribute('aria-label')).toMatch(waker);
      }
      await close();
    },
  );

  it('adds up: the parts of the bar are the duration', async () => {
    const { page, to, close } = await around.look();
    const span = told.slow('mutex');
    await to(`span/${span.traceId}/${span.spanId}`);
    const parts = await page.locator('.breakdown').first().locator('li').allTextContents();
    expect(parts.map((part) => part.replace(/\s+/g, ' '))).toEqual([
      'mutex > 99 % 47.9 ms',
      'runnable 0.3 % 158 µs',
      'on CPU 0.2 % 88.1 µs',
    ]);
    await close();
  });

  it('shows the stack of a wait, and goes to the wait itself', async () => {
    const { page, to, close } = await around.look();
    const span = told.slow('mutex');
    await to(`span/${span.traceId}/${span.spanId}`);
    await page.getByText('Stack', { exact: true }).first().click();
    await page.getByText('sync.(*Mutex).Lock(...)').waitFor();
    await page.getByRole('table').getByRole('link', { name: '48.1 ms' }).click();
    await page.getByRole('heading', { name: 'Wait in GET' }).waitFor();
    await page.getByText('48.1 ms mutex in main.truth.measure (main.go:46)').first().waitFor();
    await expect.poll(() => page.locator('.lane-wait.is-chosen').count()).toBe(1);
    await close();
  });

  it('groups what is below a span by goroutine, and says where it is among its route', async () => {
    const { page, to, close } = await around.look();
    await to(`span/${told.checkout.traceId}/${told.checkout.spanId}`);
    await page.getByText('Goroutines and who woke whom').waitFor();
    expect(await page.locator('.lane-titles li').count()).toBeGreaterThanOrEqual(8);
    expect(await page.locator('a.wake').count()).toBeGreaterThanOrEqual(3);
    await page.getByRole('link', { name: /(p\d+–p\d+|faster half|slowest 1 %) of GET \/checkout/ }).click();
    await page.getByText('Durations over time').waitFor();
    await close();
  });
});
