/** Every page in a real browser, light and dark, under the policy that it is served with. */
import { expect, it } from 'vitest';
import { axeFindings, picture } from './support/browser.ts';
import { describeInBrowser } from './support/in-browser.ts';
import { sample } from './support/sample.ts';

const told = sample();
const mutex = told.slow('mutex');
const { checkout } = told;

/** Of each page: its route, and what stands there when it is complete. */
const pages: readonly (readonly [name: string, route: string, text: string])[] = [
  ['routes', '', 'What to fix first'],
  ['routes-calls', '?view=calls', 'Where the time goes'],
  ['operation', `operation?${told.operation}`, 'What differs most'],
  ['search', 'search?cause=sleep', 'searched'],
  ['trace', `trace/${checkout.traceId}`, 'critical path'],
  ['span-lock', `span/${mutex.traceId}/${mutex.spanId}`, 'faster spans'],
  ['span-checkout', `span/${checkout.traceId}/${checkout.spanId}`, 'more channel receive'],
  ['goroutine', `goroutine/${mutex.traceId}/6`, 'Spans and waits'],
  ['gc', 'gc', 'GC mark termination'],
  ['locks', 'locks', 'which had held it'],
  ['state', 'state', 'Nothing is traced by this process'],
  ['live', 'live', 'Connected.'],
  ['nowhere', 'nowhere', 'There is no such page'],
  ['not-kept', 'trace/00000000000000000000000000000001', 'it was not kept'],
];

describeInBrowser('the page', told.requests, (around) => {
  for (const scheme of ['light', 'dark'] as const) {
    it.each(pages)(`%s is shown in ${scheme}, and axe finds nothing`, async (name, route, text) => {
      const { page, close } = await around.look({ scheme });
      await page.goto(`${around.served.url}#/${route}`);
      await page.getByText(text).first().waitFor();
      await picture(page, `${name}-${scheme}`);
      expect(await axeFindings(page)).toEqual([]);
      if (name === 'not-kept') await page.context().close();
      else await close();
    });
  }

  it('has no scroll bar from left to right on a narrow screen', async () => {
    const { page, to, close } = await around.look({ width: 420, height: 800 });
    for (const [name, route] of pages.slice(0, 6)) {
      await to(route);
      await page.waitForLoadState('networkidle');
      const over = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      expect(over, name).toBeLessThanOrEqual(0);
    }
    await close();
  });

  it('goes from a slow route to the holder of a lock by clicks', async () => {
    const { page, to, close } = await around.look();
    await to('');
    await page.getByRole('link', { name: 'Search' }).click();
    await page.getByLabel('Slow because of').selectOption('lock');
    await page.getByText('1 span of').waitFor();
    await page.getByRole('table').getByRole('link', { name: 'GET', exact: true }).first().click();
    await page.getByText('waiting in main.truth.measure').first().waitFor();
    await page
      .getByRole('link', { name: /ended by goroutine 3, which had held it/ })
      .first()
      .click();
    await page.getByRole('heading', { name: 'GET /hold/mutex' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'GET /mutex' }).waitFor();
    await close();
  });

  it('changes its theme by a key and by a button, and remembers it', async () => {
    const { page, to, close } = await around.look({ scheme: 'light' });
    await to('');
    const ground = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    const light = await ground();
    await page.keyboard.press('t');
    await page.getByRole('button', { name: 'Theme: light' }).waitFor();
    expect(await ground()).toBe(light);
    await page.keyboard.press('t');
    await page.getByRole('button', { name: 'Theme: dark' }).waitFor();
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.reload();
    await page.locator('main h1').waitFor();
    expect(await ground()).toBe(dark);
    await page.getByRole('button', { name: 'Theme: dark' }).click();
    await expect.poll(ground).toBe(light);
    await close();
  });

  it('looks at another time when it is chosen', async () => {
    const { page, to, close } = await around.look();
    await to(`operation?${told.operation.replace(/from=\d+/, 'from=1').replace(/to=\d+/, 'to=2')}`);
    await page.getByText('no spans in this time').waitFor();
    await page.getByLabel('Time that is looked at').selectOption('last hour');
    await page.getByText('Durations over time').waitFor();
    expect(page.url()).not.toContain('from=');
    await close();
  });
});
