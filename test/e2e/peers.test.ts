import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../support/capabilities.ts';
import {
  type Collector,
  type Jaeger,
  jaegerTraces,
  peers,
  startCollector,
  startJaeger,
  validateConfigs,
} from '../support/peers.ts';

describeWith([peers], 'the real peers', () => {
  let jaeger: Jaeger;
  let collector: Collector;

  beforeAll(async () => {
    jaeger = await startJaeger();
    collector = await startCollector({ forwardTo: jaeger.otlpGrpc });
  });

  afterAll(async () => {
    await collector?.stop();
    await jaeger?.stop();
  });

  it('find nothing wrong with the committed configurations', async () => {
    // Jaeger 1.76 does not know this one key of newer ones; it names all that it does not know.
    const newer = expect.stringMatching(/invalid keys: ttl$/);
    expect(await validateConfigs()).toEqual({ 'clickhouse/jaeger.yaml': newer });
  });

  it('pass a span from the collector on to Jaeger, with parent, link, attributes and resource', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const now = BigInt(Date.now()) * 1_000_000n;
    const response = await fetch(`${collector.otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(twoSpans(traceId, now)),
    });
    expect(response.status).toBe(200);

    const [trace] = await jaegerTraces(jaeger, 'by-hand', { until: ([first]) => first?.spans.length === 2 });
    expect(trace?.traceId).toBe(traceId);
    const child = trace?.spans.find((span) => span.name === 'child');
    expect(child).toMatchObject({
      parentSpanId: 'b7ad6b7169203331',
      links: [{ traceId: 'f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0', spanId: '00f067aa0ba902b7' }],
      durationUs: 1_500,
      attributes: { 'span.kind': 'client', 'http.route': '/leaf' },
      resource: { 'process.pid': 42 },
      service: 'by-hand',
    });
    expect(trace?.spans.find((span) => span.name === 'root')?.parentSpanId).toBeUndefined();
    expect(collector.log()).toMatch(/"spans": 2/);
  });
});

function twoSpans(traceId: string, now: bigint) {
  const times = { startTimeUnixNano: `${now}`, endTimeUnixNano: `${now + 1_500_000n}` };
  const root = { traceId, spanId: 'b7ad6b7169203331', name: 'root', kind: 2, ...times };
  const child = {
    traceId,
    spanId: '00f067aa0ba902b8',
    parentSpanId: root.spanId,
    name: 'child',
    kind: 3,
    ...times,
    attributes: [{ key: 'http.route', value: { stringValue: '/leaf' } }],
    links: [{ traceId: 'f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0', spanId: '00f067aa0ba902b7' }],
  };
  const resource = {
    attributes: [
      { key: 'service.name', value: { stringValue: 'by-hand' } },
      { key: 'process.pid', value: { intValue: 42 } },
    ],
  };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'test' }, spans: [root, child] }] }] };
}
