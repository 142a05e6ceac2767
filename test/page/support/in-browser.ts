/** Tests of pages in a browser, of which a file starts one. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { describeWith } from '../../support/capabilities.ts';
import { type Look, look } from './browser.ts';
import { browser, startBrowser } from './chromium.ts';
import type { OtlpRequest } from './otlp.ts';
import { type ServedPage, servePage } from './page-server.ts';

/** What is there while a test runs. */
export interface InBrowser {
  readonly served: ServedPage;
  /** Opens the page in a tab of its own. */
  look(options?: Parameters<typeof look>[2]): Promise<Look>;
}

/** A page with these spans, and a browser to look at it. */
export function describeInBrowser(
  name: string,
  requests: readonly OtlpRequest[],
  tests: (around: InBrowser) => void,
): void {
  describeWith([browser], name, () => {
    let served: ServedPage;
    let started: Browser;
    beforeAll(async () => {
      served = await servePage(requests);
      started = await startBrowser();
    });
    afterAll(async () => {
      await started.close();
      await served.stop();
    });
    tests({
      get served() {
        return served;
      },
      look: (options) => look(started, served.url, options),
    });
  });
}
