/** The page over the traces of a real Jaeger, as a browser shows it: what is there, and what is said not to be. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SearchAnswer, TraceAnswer } from '../../src/page-api/answers.ts';
import { openJaegerPage } from '../../src/page-server/jaeger-page.ts';
import { axeFindings, look } from '../page/support/browser.ts';
import { browser, startBrowser } from '../page/support/chromium.ts';
import { generated, traceIdOf } from '../page/support/large-trace.ts';
import type { OtlpSpan } from '../page/support/otlp.ts';
import { servePage } from '../page/support/page-server.ts';
import { sample } from '../page/support/sample.ts';
import { describeWith } from '../support/capabilities.ts';
import { type Jaeger, jaegerTraces, peers, startJaeger } from '../support/peers.ts';

const LARGE = 6_000;
const told = sample(2);
const { checkout } = told;
const mutex = told.slow('mutex');

describeWith([peers, browser], 'a page over a Jaeger', () => {
  let jaeger: Jaeger;
  let page: Awaited<ReturnType<typeof openJaegerPage>>;
  let started: Browser;

  beforeAll(async () => {
    [jaeger, started] = await Promise.all([startJaeger(), startBrowser()]);
    for (const request of [...told.requests, generated(LARGE)]) {
      const body = JSON.stringify(request);
      const headers = { 'content-type': 'application/json' };
      expect((await fetch(`${jaeger.otlpHttp}/v1/traces`, { method: 'POST', headers, body })).ok).toBe(true);
    }
    const isThere = (service: string, spans: number) =>
      jaegerTraces(jaeger, service, {
        until: (traces) => traces.reduce((sum, trace) => sum + trace.spans.length, 0) >= spans,
      });
    await isThere('crawler', LARGE);
    await isThere('shop', 1);
    const { query: url } = jaeger;
    page = await openJaegerPage({ url, linkUrl: url, host: '127.0.0.1', port: 0, token: undefined });
  });
  afterAll(async () => {
    await started?.close();
    await page?.close();
    await jaeger?.stop();
  });

  const get = async <T>(path: string): Promise<T> =>
    (await fetch(`${page.url}/api/${path}`)).json() as Promise<T>;

  it('tells services and operations by name, and that figures of them are not known', async () => {
    const looked = await look(started, `${page.url}/`);
    await looked.to('');
    const operations = looked.page.getByRole('region', { name: 'Operations' });
    await operations.getByRole('link', { name: 'GET /checkout/{cart}' }).waitFor();
    await operations.getByText('How often, how long and why are not known here').waitFor();
    expect(await axeFindings(looked.page)).toEqual([]);
    await operations.getByRole('link', { name: 'GET /checkout/{cart}' }).click();
    await looked.page.getByText(/in the newest \d+ traces that Jaeger finds/).waitFor();
    await looked.page.getByRole('table', { name: 'Spans that were found' }).waitFor();
    await looked.close();
  });

  it('says on each page of figures that they are not known, and asks for none', async () => {
    const looked = await look(started, `${page.url}/`);
    for (const [route, text] of [
      ['operation?service=shop&name=x&kind=2', 'Durations, percentiles and comparisons of a route are not'],
      ['gc', 'Cycles and stops of the garbage collector are not known here'],
      ['locks', 'Waits for locks and pools over many spans are not known here'],
      ['live', 'Spans as they come are not known here'],
      ['state', 'Nothing is taken or kept here'],
    ] as const) {
      await looked.to(route);
      await looked.page.getByText(text).waitFor();
    }
    const asked = looked.requests.map((url) => new URL(url).pathname);
    expect(asked.filter((path) => /scatter|compare|live/.test(path))).toEqual([]);
    await looked.close();
  });

  it('shows a span with its verdict and who woke whom, and the way back to Jaeger', async () => {
    const looked = await look(started, `${page.url}/`);
    await looked.to(`span/${mutex.traceId}/${mutex.spanId}`);
    const why = looked.page.getByRole('region', { name: 'Why it was slow' });
    await why
      .getByText(/^\d+ of \d+ ms|mutex/)
      .first()
      .waitFor();
    await looked.page.getByText('Other spans of its operation are not known here').waitFor();
    const link = await looked.page.getByRole('link', { name: 'Open in Jaeger' }).getAttribute('href');
    expect(link).toBe(`${jaeger.query}/trace/${mutex.traceId}?uiFind=${mutex.spanId}`);
    const there = await fetch(`${jaeger.query}/api/traces/${mutex.traceId}`);
    expect(there.status).toBe(200);
    await looked.close();
  });

  it('shows a trace, also one of many spans', async () => {
    const trace = await get<TraceAnswer>(`trace/${traceIdOf(LARGE)}`);
    expect(trace.spanId).toHaveLength(LARGE);
    const looked = await look(started, `${page.url}/`);
    await looked.to(`trace/${checkout.traceId}`);
    await looked.page.getByRole('treegrid').waitFor();
    const link = await looked.page.getByRole('link', { name: 'Open in Jaeger' }).getAttribute('href');
    expect(link).toBe(`${jaeger.query}/trace/${checkout.traceId}`);
    await looked.close();
  });

  it('tells of a trace what the same spans tell in our own store, which has the way to Jaeger, too', async () => {
    const own = await servePage(told.requests, {
      jaegerUrl: jaeger.query,
      otlp: { grpcPort: 0, httpPort: 0, isJaegerStorage: true },
    });
    expect(await own.backend.state()).toMatchObject({ jaeger: { url: jaeger.query } });
    for (const kind of [`trace/${mutex.traceId}`, `span/${mutex.traceId}/${mutex.spanId}`]) {
      const { rank, ...here } = (await (await fetch(`${own.url}api/${kind}`)).json()) as Record<
        string,
        unknown
      >;
      expect(sorted(await get(kind))).toEqual(sorted(here));
    }
    const looked = await look(started, own.url);
    await looked.to('state');
    await looked.page.getByRole('table', { name: 'Calls of Jaeger' }).getByText('in all').waitFor();
    expect(await axeFindings(looked.page)).toEqual([]);
    await looked.close();
    await own.stop();
  });

  it('finds spans by operation, duration, time, error, what they waited for, cause and attribute', async () => {
    const found = async (query: string): Promise<SearchAnswer> => get<SearchAnswer>(`search?${query}`);
    const ns = Number(BigInt(checkout.endTimeUnixNano) - BigInt(checkout.startTimeUnixNano));
    const startUs = Math.floor(Number(BigInt(checkout.startTimeUnixNano) / 1000n));
    const exactly = `service=shop&name=GET+/checkout/{cart}&min=${ns}&max=${ns}&from=${startUs}&to=${startUs + 1}`;
    expect((await found(exactly)).hits).toMatchObject([{ spanId: checkout.spanId, durationNs: ns }]);
    expect((await found(`${exactly}&error=true`)).hits).toEqual([]);
    const { hits, searched } = await found(`service=faults&cause=mutex&wait=mutex&to=${endUs(mutex)}`);
    expect(hits.map(({ spanId }) => spanId)).toContain(mutex.spanId);
    expect(searched.traces).toBeLessThanOrEqual(20);
    expect((await found('service=shop&attribute=http.route=/nowhere')).hits).toEqual([]);
    expect((await found('service=shop&attribute=http.route=/checkout/{cart}')).hits.length).toBeGreaterThan(
      0,
    );
  });

  it.each([
    [
      'scatter?service=shop&name=x&kind=2',
      501,
      'cannot tell durations of all spans of an operation: Jaeger keeps no',
    ],
    ['compare?service=shop&name=x&kind=2', 501, 'send spans to goidspan serve'],
    ['trace/00000000000000000000000000000009', 404, 'is not here'],
    ['search?service=shop&min=600000000000', 200, '"hits":[]'],
  ])('answers %s with %i', async (path, status, text) => {
    const response = await fetch(`${page.url}/api/${path}`);
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(text);
  });
});

const endUs = ({ endTimeUnixNano }: OtlpSpan): number => Number(BigInt(endTimeUnixNano) / 1000n);

/** Jaeger sorts the attributes of a span. */
function sorted(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, told: unknown) =>
    typeof told === 'object' && told !== null && !Array.isArray(told)
      ? Object.fromEntries(Object.entries(told).sort(([a], [b]) => (a < b ? -1 : 1)))
      : told,
  );
}
