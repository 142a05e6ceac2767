/** The page of a plug-in that is closed at a bad time. */
import { expect, it, onTestFinished } from 'vitest';
import { NO_LIMITS } from '../../src/otlp/limits.ts';
import { Backend } from '../../src/page-server/backend.ts';
import { EmbeddedPage } from '../../src/plugin/embedded-page.ts';
import { temporaryFolder } from '../support/command.ts';

it('gives its store back when it is closed before it is open', async () => {
  const folder = await temporaryFolder();
  const [storeBytes, storeAgeMs] = [2 ** 28, 3_600_000];
  const settings = {
    ...{ port: 0, store: folder, storeBytes, storeAgeMs, spansInJaeger: undefined },
    limits: NO_LIMITS,
  };
  const silent = { info: () => {}, warn: () => {} };
  const page = new EmbeddedPage(settings, silent, () => undefined);

  const opening = page.open();
  await page.close(1_000);
  await opening;

  expect(page.status().url).toBeUndefined();
  // Refused as `store_busy` while anybody has it.
  const next = await Backend.open({
    store: { folder, maxBytes: storeBytes, maxAgeMs: storeAgeMs },
    host: '127.0.0.1',
    ports: [0],
    token: undefined,
  });
  onTestFinished(() => next.close());
  expect(next.url).not.toBe('');
});
