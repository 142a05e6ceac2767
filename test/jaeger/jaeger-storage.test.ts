/** A real Jaeger whose storage is ours: what its query API shows of it, and what it writes there. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SearchAnswer, StoreState } from '../../src/page-api/answers.ts';
import { generated, traceIdOf } from '../page/support/large-trace.ts';
import { type ServedPage, servePage } from '../page/support/page-server.ts';
import { sample } from '../page/support/sample.ts';
import { describeWith } from '../support/capabilities.ts';
import { eventually } from '../support/child.ts';
import { type Jaeger, jaegerTraces, peers, startJaeger } from '../support/peers.ts';

/** More than a message of gRPC may have: 4 MiB. */
const LARGE = 20_000;
const told = sample(2);
const { checkout } = told;

describeWith([peers], 'a Jaeger that has its storage here', () => {
  let served: ServedPage;
  let jaeger: Jaeger;

  beforeAll(async () => {
    served = await servePage([...told.requests, generated(LARGE)], {
      otlp: { grpcPort: 0, httpPort: 0, isJaegerStorage: true },
    });
    jaeger = await startJaeger({ storage: served.backend.endpoints?.grpc });
  });
  afterAll(async () => {
    await jaeger?.stop();
    await served?.stop();
  });

  const ask = async <T>(path: string): Promise<T> => {
    const { data } = (await (await fetch(`${jaeger.query}/api/${path}`)).json()) as { data: T };
    return data;
  };
  /** Ids of the traces that are found. */
  const found = async (params: Readonly<Record<string, string | number>>): Promise<string[]> => {
    const query = new URLSearchParams({ service: 'shop', lookback: '1h' });
    for (const [name, value] of Object.entries(params)) query.set(name, String(value));
    const traces = await ask<readonly { traceID: string }[] | null>(`traces?${query}`);
    return (traces ?? []).map(({ traceID }) => traceID);
  };

  it('knows its services and their operations', async () => {
    expect(await ask<string[]>('services')).toEqual(expect.arrayContaining(['crawler', 'shop']));
    const operations = await ask<{ name: string; spanKind: string }[]>('operations?service=shop');
    expect(operations).toContainEqual({ name: 'GET /checkout/{cart}', spanKind: 'server' });
    const clients = await ask<{ spanKind: string }[]>('operations?service=shop&spanKind=client');
    expect(new Set(clients.map(({ spanKind }) => spanKind))).toEqual(new Set(['client']));
  });

  it('finds traces by service, operation, duration, attribute, error and time, the newest of them', async () => {
    const ns = Number(BigInt(checkout.endTimeUnixNano) - BigInt(checkout.startTimeUnixNano));
    const startUs = Math.floor(Number(BigInt(checkout.startTimeUnixNano) / 1000n));
    const operation = 'GET /checkout/{cart}';
    const all = await found({ operation, limit: 1000 });
    expect(all).toContain(checkout.traceId);
    expect(all.length).toBeGreaterThan(1);
    expect(await found({ operation, limit: 1 })).toHaveLength(1);
    expect(await found({ operation: 'GET /nowhere' })).toEqual([]);
    const around = { minDuration: `${ns - 1}ns`, maxDuration: `${ns + 1}ns` };
    expect(await found({ operation, ...around })).toContain(checkout.traceId);
    expect(await found({ operation, minDuration: '10m' })).toEqual([]);
    const method = JSON.stringify({ 'http.request.method': 'GET', 'span.kind': 'server' });
    expect(await found({ operation, limit: 1000, tags: method })).toEqual(all);
    expect(await found({ operation, tags: '{"http.request.method":"PUT"}' })).toEqual([]);
    expect(await found({ operation, limit: 1000, tags: '{"error":"false"}' })).toContain(checkout.traceId);
    expect(await found({ operation, start: startUs, end: startUs, lookback: 'custom' })).toEqual([
      checkout.traceId,
    ]);
    expect(await found({ operation, start: startUs - 2e6, end: startUs - 1e6 })).not.toContain(
      checkout.traceId,
    );
  });

  it('shows a trace with all that its spans say, and one of more than a message holds', async () => {
    const traces = await jaegerTraces(jaeger, 'shop', { limit: 1000 });
    const span = traces
      .flatMap(({ spans }) => spans)
      .find(({ spanId, traceId }) => spanId === checkout.spanId && traceId === checkout.traceId);
    expect(span).toMatchObject({
      name: checkout.name,
      service: 'shop',
      attributes: { 'span.kind': 'server', 'http.route': '/checkout/{cart}' },
    });
    expect(Object.keys(span?.attributes ?? {})).toEqual(
      expect.arrayContaining(checkout.attributes.map(({ key }) => key)),
    );
    const [large] = await ask<{ spans: unknown[] }[]>(`traces/${traceIdOf(LARGE)}`);
    expect(large?.spans).toHaveLength(LARGE);
  });

  it('says that there is no trace where there is none', async () => {
    expect((await fetch(`${jaeger.query}/api/traces/${'1'.repeat(32)}`)).status).toBe(404);
  });

  it('writes there what it is sent, and the page shows it', async () => {
    const nowNs = BigInt(Date.now()) * 1_000_000n;
    const span = { traceId: '5'.repeat(32), spanId: '6'.repeat(16), name: 'by Jaeger', kind: 2 };
    const times = { startTimeUnixNano: `${nowNs}`, endTimeUnixNano: `${nowNs + 1_000n}` };
    const response = await fetch(`${jaeger.otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ ...span, ...times }] }] }] }),
    });
    expect(response.status).toBe(200);
    const [hit] = await eventually('span on the page', 10_000, async () => {
      const answer = await fetch(`${served.url}api/search?name=by+Jaeger`);
      const { hits } = (await answer.json()) as SearchAnswer;
      return hits.length > 0 ? hits : undefined;
    });
    expect(hit).toMatchObject({ traceId: span.traceId, spanId: span.spanId, durationNs: 1_000 });
  });

  it('is counted, and nothing of it has failed', async () => {
    const { jaeger: counted } = (await (await fetch(`${served.url}api/state`)).json()) as StoreState;
    expect(counted?.calls).toEqual({ calls: expect.any(Number) });
    expect(counted?.calls?.['calls']).toBeGreaterThan(10);
  });
});
