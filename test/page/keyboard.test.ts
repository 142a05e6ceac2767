/** The page without a mouse. */
import { expect, it } from 'vitest';
import { activeRow, axeFindings } from './support/browser.ts';
import { describeInBrowser } from './support/in-browser.ts';
import { sample } from './support/sample.ts';

const told = sample(3);
const { checkout } = told;
const mutex = told.slow('mutex');

describeInBrowser('by keyboard the page', told.requests, (around) => {
  it('goes to each of its pages by a digit', async () => {
    const { page, to, close } = await around.look();
    await to('');
    for (const [key, title] of [
      ['2', 'Search'],
      ['3', 'Locks and pools'],
      ['4', 'Garbage collector'],
      ['5', 'Live'],
      ['6', 'Honesty'],
      ['1', 'Routes'],
    ] as const) {
      await page.keyboard.press(key);
      await page.getByRole('heading', { level: 1, name: title }).waitFor();
    }
    await close();
  });

  it('tells its keys and colours', async () => {
    const { page, to, close } = await around.look();
    await to('');
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('waiting for a sync.Mutex').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await page.keyboard.press('?');
    await dialog.waitFor();
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
    await close();
  });

  it('reaches a field by a stroke, in which keys are letters', async () => {
    const { page, to, close } = await around.look();
    await to('');
    await page.getByRole('searchbox').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('reservations 1?t');
    await expect.poll(() => page.getByRole('searchbox').inputValue()).toBe('reservations 1?t');
    await page.getByRole('searchbox').fill('reservations');
    await expect.poll(() => page.locator('.operations tbody tr').count()).toBe(1);
    await close();
  });

  it('walks through a trace, closes and opens rows, and goes to a span', async () => {
    const { page, to, close } = await around.look();
    await to(`trace/${checkout.traceId}`);
    const grid = page.getByRole('treegrid');
    await grid.waitFor();
    const rowCount = () => grid.getAttribute('aria-rowcount').then(Number);
    const isActive = async (attribute: string) => (await activeRow(page))[attribute];
    const activeAt = async () => Number(await isActive('aria-rowindex'));
    const all = await rowCount();
    expect(all).toBeGreaterThan(20);
    await expect.poll(activeAt).toBe(1);
    await page.keyboard.press('ArrowLeft');
    await expect.poll(rowCount).toBe(1);
    await expect.poll(() => isActive('aria-expanded')).toBe('false');
    await page.keyboard.press('ArrowRight');
    await expect.poll(rowCount).toBe(all);
    await page.keyboard.press('ArrowRight');
    await expect.poll(activeAt).toBe(2);
    expect(await isActive('aria-level')).toBe('2');
    await page.keyboard.press('End');
    await expect.poll(activeAt).toBe(all);
    await page.keyboard.press('PageUp');
    await expect.poll(activeAt).toBeLessThan(all);
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await expect.poll(activeAt).toBe(2);
    await page.keyboard.press('ArrowLeft');
    await expect.poll(activeAt).toBe(1);
    await page.keyboard.press('c');
    await expect.poll(() => isActive('time')).toContain('on the critical path');
    await page.keyboard.press('Enter');
    await page.getByText('Goroutines and who woke whom').waitFor();
    expect(page.url()).toContain(`#/span/${checkout.traceId}/`);
    await close();
  });

  it('zooms and pans a picture of time', async () => {
    const { page, to, close } = await around.look();
    await to(`trace/${checkout.traceId}`);
    const first = page.locator('.span-bar').first();
    const width = async () => (await first.boundingBox())?.width ?? 0;
    const ruler = () => page.locator('.ruler').textContent();
    const [wide, before] = [await width(), await ruler()];
    await page.keyboard.press('w');
    await page.keyboard.press('w');
    await expect.poll(ruler).not.toBe(before);
    expect(await width()).toBeCloseTo(wide, 0);
    const zoomed = await ruler();
    await page.keyboard.press('d');
    await expect.poll(ruler).not.toBe(zoomed);
    await page.keyboard.press('a');
    await page.keyboard.press('s');
    await page.keyboard.press('f');
    await expect.poll(ruler).toBe(before);
    await close();
  });

  it('follows an arrow to who ended the wait', async () => {
    const { page, to, close } = await around.look();
    await to(`span/${mutex.traceId}/${mutex.spanId}`);
    const arrow = page.locator('a.wake').first();
    await arrow.focus();
    expect(await axeFindings(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'GET /hold/mutex' }).waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.tagName')).toBe('MAIN');
    await close();
  });

  it('chooses a part of a scatter without a mouse', async () => {
    const { page, to, close } = await around.look();
    await to(`operation?${told.operation}`);
    await page.getByRole('button', { name: 'Slower than p50' }).focus();
    await page.keyboard.press('Space');
    await page.getByText('What is chosen against the others').waitFor();
    expect(page.url()).toMatch(/min=\d+/);
    const exemplar = page
      .getByRole('table', { name: 'The slowest that are chosen' })
      .getByRole('link')
      .first();
    await exemplar.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /GET \/checkout/ }).waitFor();
    expect(page.url()).toContain('#/span/');
    await close();
  });
});
