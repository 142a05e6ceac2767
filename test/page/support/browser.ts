/** Looks at the page with a real browser, and what that must never see: an error, a request to elsewhere, a violation of the policy. */
import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';

const pictures = fileURLToPath(new URL('../../../.cache/page/', import.meta.url));

export type Scheme = 'light' | 'dark';

export interface Look {
  readonly page: Page;
  /** Of the page and its API, as they were asked for. */
  readonly requests: readonly string[];
  /** Goes to a route of the page, with everything as after a fresh start. */
  to(route: string): Promise<void>;
  /** Ends it; what it must not see it has not seen. */
  close(): Promise<void>;
}

export async function look(
  started: Browser,
  url: string,
  { scheme = 'light', width = 1280, height = 800 }: { scheme?: Scheme; width?: number; height?: number } = {},
): Promise<Look> {
  const context = await started.newContext({ viewport: { width, height }, colorScheme: scheme });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const faults: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    // Where there is no graphics card, its driver says how slow it is.
    if (message.text().includes('GL Driver Message')) return;
    if (['error', 'warning'].includes(message.type())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.stack ?? error.message));
  page.on('request', (request) => {
    requests.push(request.url());
    if (!request.url().startsWith(url) && !request.url().startsWith('data:'))
      faults.push(`asks for ${request.url()}`);
  });
  return {
    page,
    requests,
    async to(route) {
      await page.goto('about:blank');
      await page.goto(`${url}#/${route}`);
      await page.locator('main h1').waitFor();
    },
    async close() {
      await context.close();
      expect(faults).toEqual([]);
    },
  };
}

export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: `${pictures}${name}.png` });
}

const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds; empty when nothing. Its script is put in from outside, past the page's policy. */
export async function axeFindings(page: Page): Promise<string[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(await axe);
  return page.evaluate(
    `axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 200) + ' ' + failureSummary)))`,
  );
}

/** The attributes of the row of a tree that is chosen, read at once: between two readings its element may become another one. */
export async function activeRow(page: Page): Promise<Readonly<Record<string, string>>> {
  return page.evaluate(`(() => {
    const id = document.querySelector('[role=treegrid]').getAttribute('aria-activedescendant');
    const row = document.getElementById(id);
    if (!row) return {};
    const time = row.querySelector('[role=gridcell]:nth-of-type(2)')?.getAttribute('aria-label') ?? '';
    return { ...Object.fromEntries([...row.attributes].map(({ name, value }) => [name, value])), time };
  })()`);
}
