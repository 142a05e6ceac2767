/** A trace of many spans: how little of it is in the document. How soon it is seen and how smoothly it is scrolled, the bench measures. */
import { expect, it } from 'vitest';
import { activeRow, axeFindings, picture } from './support/browser.ts';
import { describeInBrowser } from './support/in-browser.ts';
import { generated, traceIdOf } from './support/large-trace.ts';

describeInBrowser('a trace of many spans', [generated(20_000)], (around) => {
  it('has few of its rows in the document, and tells of all', async () => {
    const { page, close } = await around.look();
    await page.goto(`${around.served.url}#/trace/${traceIdOf(20_000)}`);
    const grid = page.getByRole('treegrid');
    await grid.waitFor();
    await picture(page, 'trace-20000');
    expect(await grid.getAttribute('aria-rowcount')).toBe('20000');
    expect(await page.locator('*').count()).toBeLessThan(900);
    await page.keyboard.press('End');
    const activeAt = async () => (await activeRow(page))['aria-rowindex'];
    await expect.poll(activeAt).toBe('20000');
    expect(await axeFindings(page)).toEqual([]);
    await page.evaluate('document.querySelector("[role=treegrid]").scrollTop = 0');
    // The row that is chosen stays in the document when it is scrolled away.
    await expect.poll(() => grid.getAttribute('aria-activedescendant')).toBe('away-row');
    expect(await activeAt()).toBe('20000');
    await close();
  });
});
