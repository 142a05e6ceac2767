/** A store of figures beside a real Jaeger that has the spans: one page answers all of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { JaegerReader } from '../../src/jaeger/jaeger-reader.ts';
import { JoinedReader } from '../../src/jaeger/joined-reader.ts';
import { requestOfJson } from '../../src/receiver/json-request.ts';
import { segmentFiles } from '../../src/store/folder.ts';
import { openStore, type ThreadStore } from '../../src/store/open-store.ts';
import { axeFindings, look } from '../page/support/browser.ts';
import { browser, startBrowser } from '../page/support/chromium.ts';
import { type OtlpRequest, spansOf } from '../page/support/otlp.ts';
import { type ServedPage, servePage } from '../page/support/page-server.ts';
import { sample, textIn } from '../page/support/sample.ts';
import { describeWith } from '../support/capabilities.ts';
import { temporaryFolder } from '../support/command.ts';
import { freePorts, type Jaeger, jaegerTraces, peers, startJaeger } from '../support/peers.ts';

const day = { fromUs: Date.now() * 1000 - 86_400e6, toUs: Date.now() * 1000 + 86_400e6 };
const told = sample(2);
const mutex = told.slow('mutex');
const spansOfTrace = (traceId: string) => spansOf(told.requests).filter((span) => span.traceId === traceId);

describeWith([peers, browser], 'a store of figures beside a Jaeger', () => {
  let jaeger: Jaeger;
  let store: ThreadStore;
  let reader: JoinedReader;
  let started: Browser;
  let folder: string;

  const append = (request: OtlpRequest) => store.append(requestOfJson(JSON.stringify(request)));

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'goidspan-joined-'));
    [jaeger, started] = await Promise.all([startJaeger(), startBrowser()]);
    store = await openStore(folder, { keepsSpans: false, segmentLimits: { spans: 200, ageMs: 1e9 } });
    reader = new JoinedReader(store, JaegerReader.at(jaeger.query));
    for (const request of told.requests) {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify(request);
      expect((await fetch(`${jaeger.otlpHttp}/v1/traces`, { method: 'POST', headers, body })).ok).toBe(true);
      await append(request);
    }
    await jaegerTraces(jaeger, 'shop', { until: (traces) => traces.length > 0 });
    const isSealed = () => expect(segmentFiles(folder).filter(({ kind }) => kind === 'hot')).toHaveLength(1);
    await vi.waitFor(isSealed, { timeout: 30_000 });
  });
  afterAll(async () => {
    await started?.close();
    await store?.close();
    await jaeger?.stop();
    rmSync(folder, { recursive: true });
  });

  it('tells a trace and its spans from there, and how a span compares from here', async () => {
    expect(await store.trace(mutex.traceId)).toBeUndefined();
    const trace = await reader.trace(mutex.traceId);
    expect([...(trace?.spanId ?? [])].sort()).toEqual(
      spansOfTrace(mutex.traceId)
        .map(({ spanId }) => spanId)
        .sort(),
    );
    const span = await reader.span(mutex.traceId, mutex.spanId);
    expect(span).toMatchObject({ name: mutex.name, attributes: { 'goidspan.verdict': expect.any(String) } });
    expect(span?.rank?.of).toBeGreaterThan(1);
    expect(await reader.flame(mutex.traceId, mutex.spanId, 'goroutine')).toMatchObject({ seenIn: 'nowhere' });
    for await (const part of reader.traceBytes(mutex.traceId, 1 << 20))
      expect(part.length).toBeGreaterThan(500);
  });

  it('searches here as long as columns tell, and there for attributes', async () => {
    const { operations } = await reader.operations(day);
    expect(operations.length).toBeGreaterThan(5);
    expect((await reader.search({ ...day, waitTop: 'mutex', limit: 20 })).searched.traces).toBeUndefined();
    // Jaeger looks at some 20 traces of a time: in this one there are no more.
    const startUs = Number(BigInt(mutex.startTimeUnixNano) / 1000n);
    const found = await reader.search({
      ...{ fromUs: startUs - 10_000, toUs: startUs + 10_000 },
      service: 'faults',
      attributes: [{ key: 'url.path', value: textIn(mutex, 'url.path') }],
      limit: 20,
    });
    expect(found.searched.traces).toBeGreaterThan(0);
    expect(found.hits.map(({ service }) => service)).toContain('faults');
    const ids = found.hits.map(({ traceId, spanId }) => `${traceId} ${spanId}`);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('shows what is here when nobody answers there, and else says so', async () => {
    const [port = 1] = await freePorts(1);
    const alone = new JoinedReader(store, JaegerReader.at(`http://127.0.0.1:${port}`));
    const [request] = sample(1).requests;
    const [newest] = spansOf(request ? [request] : []);
    await append(request as OtlpRequest);
    expect((await alone.trace(newest?.traceId ?? ''))?.spanId).toContain(newest?.spanId);
    await expect(alone.trace(mutex.traceId)).rejects.toMatchObject({ code: 'no_jaeger' });
    expect((await alone.operations(day)).operations.length).toBeGreaterThan(5);
    const attributes = [{ key: 'url.path', value: textIn(mutex, 'url.path') }];
    const { searched } = await alone.search({ ...day, attributes, limit: 20 });
    expect(searched.spans).toBeLessThan(searched.of);
  });

  it('is a page that says where the spans are', async () => {
    const page: ServedPage = await servePage(told.requests.slice(0, 1), {
      store: {
        folder: join(await temporaryFolder(), 'store'),
        maxBytes: 2 ** 30,
        maxAgeMs: 86_400_000,
        spansInJaeger: jaeger.query,
      },
    });
    const looked = await look(started, page.url);
    // It has never come by here.
    await looked.to(`span/${mutex.traceId}/${mutex.spanId}`);
    await looked.page.getByRole('region', { name: 'Why it was slow' }).getByText(/mutex/).first().waitFor();
    await looked.page.getByRole('link', { name: 'Open in Jaeger' }).waitFor();
    await looked.to('state');
    await looked.page.getByText('The spans themselves are in').waitFor();
    await looked.page.getByText('Spans told of').waitFor();
    expect(await axeFindings(looked.page)).toEqual([]);
    await looked.close();
    await page.stop();
  });
});
