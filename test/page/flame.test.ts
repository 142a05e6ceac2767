/** Where in the code the time of a span went: the picture, the same as a table, by keys, and what is said where there is nothing. */
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { axeFindings, picture } from './support/browser.ts';
import { describeInBrowser } from './support/in-browser.ts';
import { sample } from './support/sample.ts';
import { keepStacks, manyStacks, sampled, waited } from './support/stacks.ts';

const told = sample(1);
const mutex = told.slow('mutex');
const sleep = told.slow('sleep');
const { checkout } = told;
const goid = Number(mutex.attributes.find(({ key }) => key === 'goidspan.goid')?.value.intValue);
const http = 'net/http.(*conn).serve net/http.serverHandler.ServeHTTP main.handle';

/** Rows of the table, head and all. */
const rowsOf = async (page: Page): Promise<string[]> =>
  (
    await page
      .getByRole('table', { name: /^Frames/ })
      .getByRole('row')
      .allInnerTexts()
  ).map((row) => row.replace(/\s+/g, ' ').trim());

describeInBrowser('the flame graph', told.requests, (around) => {
  const at = (span: { traceId: string; spanId: string }): string => `span/${span.traceId}/${span.spanId}`;

  it('says why there is nothing, of a store and of a span', async () => {
    const { page, to, close } = await around.look();
    await to(at(sleep));
    await page.getByText('No samples were taken: goidspan takes them at --level cpu').waitFor();
    await keepStacks(around.served.backend, [
      {
        ...mutex,
        left: 0,
        seen: [
          sampled(goid, `${http} main.render encoding/json.Marshal`, 2),
          sampled(goid, `${http} main.render`, 1),
          waited(goid, 'mutex', `${http} main.(*Cache).Get sync.(*Mutex).Lock`, 47_900_000),
          waited(goid, 'runnable', `${http} main.(*Cache).Get sync.(*Mutex).Lock`, 158_000),
          waited(goid + 1, 'network', 'main.fill net.(*conn).Read', 9_000_000),
        ],
      },
      { ...checkout, left: 3, seen: manyStacks(50_000) },
    ]);
    await page.getByRole('button', { name: 'All below it' }).click();
    await page.getByText('Nothing was seen here: each processor is looked at now and then').waitFor();
    await close();
  });

  it.each(['light', 'dark'] as const)(
    'is painted in %s, with a table of the same, and axe finds nothing',
    async (scheme) => {
      const { page, to, close } = await around.look({ scheme });
      await to(at(mutex));
      const canvas = page.locator('.flame canvas');
      await canvas.scrollIntoViewIfNeeded();
      await expect.poll(() => canvas.getAttribute('data-drawn')).toBe('9');
      await picture(page, `flame-${scheme}`);
      // As wide as its time, and the wait in the colour that it has in the legend.
      const colours = (await page.evaluate(`(() => {
      const canvas = document.querySelector('.flame canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const at = (x, row) => [...data.slice(4 * ((row * 18 + 3) * canvas.width + Math.floor(x * canvas.width))).slice(0, 3)].join(', ');
      const [waits] = [...document.querySelectorAll('.flame-legend li')].filter((li) => li.textContent.trim() === 'mutex');
      return { leaf: at(0.7, 5), left: at(0.1, 3), right: at(0.7, 3), legend: getComputedStyle(waits.querySelector('i')).backgroundColor };
    })()`)) as Record<string, string>;
      expect(`rgb(${colours['leaf']})`).toBe(colours['legend']);
      expect(colours['left']).not.toBe(colours['right']);
      expect(await rowsOf(page)).toEqual([
        'Function, or wait Itself ↓ With all below On CPU Waiting',
        'mutex 47.9 ms 61 % 47.9 ms 0 ns 47.9 ms',
        'json.Marshal json.go:1 20.0 ms 26 % 20.0 ms 20.0 ms 0 ns',
        'main.render main.go:2 10.0 ms 13 % 30.0 ms 30.0 ms 0 ns',
        'runnable 158 µs 0.2 % 158 µs 0 ns 158 µs',
        'http.(*conn).serve http.go:5 0 ns 0 % 78.1 ms 30.0 ms 48.1 ms',
        'http.serverHandler.ServeHTTP http.go:4 0 ns 0 % 78.1 ms 30.0 ms 48.1 ms',
        'main.handle main.go:3 0 ns 0 % 78.1 ms 30.0 ms 48.1 ms',
        'main.(*Cache).Get main.go:2 0 ns 0 % 48.1 ms 0 ns 48.1 ms',
      ]);
      expect(await axeFindings(page)).toEqual([]);
      await close();
    },
  );

  it('goes from frame to frame by arrows, zooms by Enter and clicks, and finds', async () => {
    const { page, to, close } = await around.look();
    await to(at(mutex));
    const told = page.locator('.flame-told');
    await page.getByRole('application', { name: /^Flame graph of 9 frames/ }).focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown']) await page.keyboard.press(key);
    await told.getByText('main.render (main.go:2): 30.0 ms, 38 %').waitFor();
    await page.keyboard.press('ArrowRight');
    await told.getByText('main.(*Cache).Get (main.go:2): 48.1 ms, 62 %').waitFor();
    await page.keyboard.press('Enter');
    const functions = async () => (await rowsOf(page)).slice(1).map((row) => row.split(' ')[0]);
    await expect.poll(functions).toEqual(['mutex', 'runnable', 'main.(*Cache).Get', 'sync.(*Mutex).Lock']);
    expect(await axeFindings(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await expect.poll(() => rowsOf(page)).toHaveLength(9);

    await page.locator('.flame canvas').click({ position: { x: 20, y: 3 * 18 + 5 } });
    await page.getByRole('table', { name: 'Frames in main.render' }).waitFor();
    await page.locator('.flame canvas').hover({ position: { x: 200, y: 4 * 18 + 5 } });
    await page.locator('.flame-tip').getByText('encoding/json.Marshal').waitFor();
    await page.getByRole('button', { name: 'All of it' }).click();
    await page.getByLabel('Frame', { exact: true }).fill('mutex');
    await page.getByText('2 frames, 62 %').waitFor();
    await page.getByRole('button', { name: 'The span alone' }).click();
    await page.getByText('3 waits, 57.1 ms').waitFor();
    await close();
  });

  it('is shown by speedscope too, in a frame that may ask nobody', async () => {
    const { page, to, requests, close } = await around.look({ scheme: 'dark' });
    await to(at(mutex));
    await page.getByRole('button', { name: 'Open in speedscope' }).click();
    const frame = page.frameLocator('iframe');
    // Its bar names the profile that is shown, of how many.
    await frame.getByText('cpu (2/4)').waitFor();
    await frame.locator('canvas').first().waitFor();
    await picture(page, 'speedscope');
    expect(await page.locator('iframe').getAttribute('sandbox')).toBe('allow-scripts');
    const asked = requests.filter((url) => url.includes('/speedscope/'));
    const plain = await fetch(`${around.served.url}speedscope/speedscope.js`, {
      headers: { 'accept-encoding': 'identity' },
    });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await plain.text()).toContain('speedscope');
    expect(plain.headers.get('content-security-policy')).toMatch(
      /^sandbox allow-scripts; default-src 'none'/,
    );
    expect(asked.every((url) => url.startsWith(`${around.served.url}speedscope/`))).toBe(true);
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Close' }).click();
    await expect.poll(() => page.locator('iframe').count()).toBe(0);
    await close();
  });

  it('has 50,000 frames, of which it draws what can be seen', async () => {
    const { page, to, close } = await around.look();
    await to(at(checkout));
    await page.getByRole('button', { name: 'The span alone' }).click();
    await page.getByText('3 samples or waits had no room').waitFor();
    await page.getByRole('application', { name: /^Flame graph of (49|50),\d+ frames/ }).focus();
    await picture(page, 'flame-50000');
    expect(Number(await page.locator('.flame canvas').getAttribute('data-drawn'))).toBeLessThan(20_000);
    expect(await page.locator('*').count()).toBeLessThan(1_500);
    await close();
  });
});
