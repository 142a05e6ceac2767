/** A store that lets go of its spans when their segment is whole: what is told of many of them is what one tells that has them. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SpanReader } from '../../src/page-api/span-store.ts';
import { requestOfJson } from '../../src/receiver/json-request.ts';
import { segmentFiles } from '../../src/store/folder.ts';
import { openStore } from '../../src/store/open-store.ts';
import { spansOf } from '../page/support/otlp.ts';
import { sample } from '../page/support/sample.ts';
import { temporaryFolder } from '../support/command.ts';
import { appendStacks } from '../support/store-stacks.ts';
import { numberedRequest, traceIdOf } from './numbered-spans.ts';
import { batchOf } from './numbered-stacks.ts';

const SEGMENT = 4_000;
const day = { fromUs: Date.now() * 1000 - 86_400e6, toUs: Date.now() * 1000 + 86_400e6 };

describe('a store of figures', () => {
  it('answers the same of many spans in fewer bytes, and says of which spans it cannot tell', async () => {
    const folder = await temporaryFolder();
    const told = sample(150);
    const requests = told.requests.map((request) => requestOfJson(JSON.stringify(request)));
    const stores = await Promise.all(
      [true, false].map((keepsSpans) =>
        openStore(join(folder, String(keepsSpans)), {
          keepsSpans,
          segmentLimits: { spans: SEGMENT, ageMs: 1e9 },
        }),
      ),
    );
    for (const store of stores) for (const request of requests) await store.append(request);
    const filesOf = (keepsSpans: boolean) => segmentFiles(join(folder, String(keepsSpans)));
    for (const keepsSpans of [true, false])
      await expect
        .poll(() => filesOf(keepsSpans).filter(({ kind }) => kind === 'hot').length, { timeout: 30_000 })
        .toBe(1);
    expect(filesOf(false).length).toBeGreaterThan(3);
    const [whole, figures] = stores as unknown as [SpanReader, SpanReader];
    for (const ask of [
      (of: SpanReader) => of.services(day),
      (of: SpanReader) => of.operations(day),
      (of: SpanReader) =>
        of.scatter({ ...day, service: 'shop', name: 'GET /checkout/{cart}', kind: 2, points: 500 }),
      (of: SpanReader) => of.search({ ...day, minNs: 1e6, limit: 50 }),
      (of: SpanReader) => of.search({ ...day, waitTop: 'mutex', limit: 50 }),
    ])
      expect(await ask(figures)).toEqual(await ask(whole));
    const around = { ...day, service: 'shop', name: 'GET /checkout/{cart}', kind: 2, around: day };
    const [compared, expected] = await Promise.all(
      [figures, whole].map((of) => of.compare({ ...around, minNs: 30e6 })),
    );
    expect(compared?.inside).toEqual(expected?.inside);
    const spent = (of: typeof compared) => of?.differences.filter(({ kind }) => kind === 'spent');
    expect(spent(compared)).toEqual(spent(expected));
    expect(spent(compared)?.length).toBeGreaterThan(0);

    // Of what is in the spans alone it says that it has not looked.
    const byAttribute = { ...day, attributes: [{ key: 'url.path', value: '/mutex' }], limit: 50 };
    const { searched } = await figures.search(byAttribute);
    expect(searched.spans).toBeLessThan(searched.of);
    expect((await whole.search(byAttribute)).searched.spans).toBe(searched.of);
    const { traceId } = spansOf(told.requests)[0] ?? { traceId: '' };
    expect(await whole.trace(traceId)).toBeDefined();
    expect(await figures.trace(traceId)).toBeUndefined();

    const bytesOf = (keepsSpans: boolean) =>
      filesOf(keepsSpans)
        .filter(({ kind }) => kind === 'spans')
        .reduce((sum, { path }) => sum + statSync(path).size, 0);
    expect(bytesOf(false) / bytesOf(true)).toBeLessThan(0.6);
    for (const store of stores) await store.close();
  }, 60_000);

  it('keeps where its spans were seen in their code', async () => {
    const folder = join(await temporaryFolder(), 'store');
    const store = await openStore(folder, { keepsSpans: false, segmentLimits: { spans: 40, ageMs: 1e9 } });
    for (let number = 0; number < 60; number++) {
      await store.append(numberedRequest(number));
      await appendStacks(store, batchOf([number]));
    }
    await expect
      .poll(() => segmentFiles(folder).some(({ kind }) => kind === 'spans'), { timeout: 30_000 })
      .toBe(true);
    for (const number of [0, 20, 59])
      expect((await store.stacks(traceIdOf(number))).seen.ns.length, `trace ${number}`).toBeGreaterThan(0);
    expect(await store.hasStacks()).toBe(true);
    await store.close();
  });
});
