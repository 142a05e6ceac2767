/** From page to page by clicks: the ways that lead to a cause. */
import { expect, it } from 'vitest';
import { activeRow } from './support/browser.ts';
import { describeInBrowser } from './support/in-browser.ts';
import { sample } from './support/sample.ts';

const told = sample(3);

describeInBrowser('the way', told.requests, (around) => {
  it('from locks leads to the goroutine that waited, and to its span', async () => {
    const { page, to, close } = await around.look();
    await to('locks');
    const longest = page.getByRole('table', { name: 'The longest waits for locks' });
    await longest.getByRole('link', { name: 'goroutine 6' }).click();
    await page.getByRole('heading', { name: 'Goroutine 6' }).waitFor();
    await page.getByText('Started by goroutine 1.').waitFor();
    await page.getByRole('table').getByRole('link', { name: 'GET', exact: true }).click();
    await page.getByRole('heading', { name: 'GET /mutex' }).waitFor();
    await close();
  });

  it('from the collector leads to a stop, why it was, and the span that it hit', async () => {
    const { page, to, close } = await around.look();
    await to('gc');
    const row = page.getByRole('table', { name: 'The longest stops' }).getByRole('row').nth(1);
    await row.getByText('GC sweep termination').waitFor();
    await row.getByRole('link').first().click();
    await page.getByText('16.2 ms world stopped: GC sweep termination').waitFor();
    expect(await page.locator('.lane-titles').getByText('Collector').count()).toBe(1);
    await close();
  });

  it('from a route that is sorted by another column leads to a trace and its exports', async () => {
    const { page, to, close } = await around.look();
    await to('');
    const names = () => page.locator('.operations tbody td:first-child').allTextContents();
    await page.getByRole('button', { name: 'Per second' }).click();
    const byRate = await names();
    expect(byRate.at(-1)).toContain('checkout');
    await page.getByRole('button', { name: 'Per second' }).click();
    expect((await names())[0]).toContain('checkout');
    await page.getByRole('link', { name: 'GET /checkout/{cart}', exact: true }).first().click();
    await page.getByRole('table', { name: 'The slowest that are chosen' }).getByRole('link').first().click();
    await page.getByRole('link', { name: /^trace / }).click();
    await page.getByRole('treegrid').waitFor();
    await page.getByText('Export', { exact: true }).click();
    const formats = await page
      .locator('.menu a')
      .evaluateAll((links) => links.map((link) => new URL((link as HTMLAnchorElement).href).search));
    expect(formats).toEqual(
      ['perfetto', 'speedscope', 'pprof', 'otlp', 'csv', 'html'].map((format) => `?format=${format}`),
    );
    await close();
  });

  it('by a click on a row opens and closes it, and goes to its span', async () => {
    const { page, to, close } = await around.look();
    await to(`trace/${told.checkout.traceId}`);
    const grid = page.getByRole('treegrid');
    const rowCount = () => grid.getAttribute('aria-rowcount');
    const all = await rowCount();
    await page.locator('.toggle').first().click();
    await expect.poll(rowCount).toBe('1');
    await page.locator('.toggle').first().click();
    await expect.poll(rowCount).toBe(all);
    await page.locator('[role=row]').nth(3).locator('.time').click();
    await expect.poll(async () => (await activeRow(page))['aria-rowindex']).toBe('4');
    const fit = page.getByRole('button', { name: 'Fit' });
    expect(await fit.isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await fit.click();
    await expect.poll(() => fit.isDisabled()).toBe(true);
    await page.locator('[role=row]').nth(2).getByRole('link').click();
    await page.getByText('Goroutines and who woke whom').waitFor();
    await close();
  });

  it('ends in words when the server is gone, and goes on when it is back', async () => {
    const { page, to } = await around.look();
    await to('');
    await page.route('**/api/**', (route) => route.abort());
    await page.getByRole('link', { name: 'Honesty' }).click();
    await page.getByRole('alert').waitFor();
    await page.unroute('**/api/**');
    await page.getByRole('link', { name: 'Routes' }).click();
    await page.getByText('What to fix first').waitFor();
    await page.context().close();
  });
});
