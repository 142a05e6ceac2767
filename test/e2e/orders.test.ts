/** The example of four libraries: a request goes through two services, Redis and PostgreSQL, and is one trace without any header. */
import { SpanKind } from '@opentelemetry/api';
import { expect, it, onTestFinished } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { Tracer } from '../../src/tracer/tracer.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { Child, eventually } from '../support/child.ts';
import { postgres, redis, startPostgres, startRedis } from '../support/databases.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { collecting, idOf, parentOf, traceOf } from '../support/traced-server.ts';

const kinds: Partial<Record<SpanKind, string>> = {
  [SpanKind.SERVER]: 'serves',
  [SpanKind.CLIENT]: 'calls',
};

/** Lines of a tree, by when spans began. */
function treeOf(spans: readonly ReadableSpan[], parent?: string, indent = ''): string[] {
  const ids = new Set(spans.map(idOf));
  return spans
    .filter((span) => {
      const id = parentOf(span);
      return (id !== undefined && ids.has(id) ? id : undefined) === parent;
    })
    .sort((a, b) => a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1])
    .flatMap((span) => [
      `${indent}${kinds[span.kind]} ${span.name}`,
      ...treeOf(spans, idOf(span), `${indent}  `),
    ]);
}

describeWith([kernel, go, postgres, redis], 'the orders of the example', () => {
  it('are one trace through chi, gRPC, go-redis and pgx', { timeout: 300_000 }, async () => {
    const [stored, cached] = await Promise.all([startPostgres(), startRedis()]);
    onTestFinished(async () => void (await Promise.all([stored.stop(), cached.stop()])));
    const binary = await buildGo({ dir: 'examples/orders', name: 'orders' });
    const start = async (args: readonly string[]): Promise<GoServer> => {
      const server = await GoServer.of(new Child(binary, args));
      onTestFinished(() => server.stop());
      return server;
    };
    const service = await start([
      ...['service', '-redis', cached.address],
      ...['-postgres', `postgres://postgres@${stored.address}/shop`],
    ]);
    const gateway = await start(['gateway', '-service', service.url.replace('http://', '')]);
    // Connections are made before, so that none of them is part of the trace.
    await gateway.get('/orders/1');
    const out = await collecting();
    const tracer = await Tracer.open({ processors: [out.processor] });
    for (const { pid } of [service, gateway]) await tracer.attachPid(pid);
    expect((await gateway.get('/orders/7')).body).toBe('order 7\n');
    expect((await gateway.get('/orders/7')).body).toBe('order 7\n');
    const traces = await eventually('both traces', 10_000, async () => {
      await tracer.stats();
      return out.spans.length >= 6 + 4 ? [...new Set(out.spans.map(traceOf))] : undefined;
    });
    expect(traces.map((trace) => treeOf(out.spans.filter((span) => traceOf(span) === trace)))).toEqual([
      [
        'serves GET /orders/{id}',
        '  calls shop.Orders/Get',
        '    serves shop.Orders/Get',
        '      calls get',
        '      calls select',
        '      calls set',
      ],
      ['serves GET /orders/{id}', '  calls shop.Orders/Get', '    serves shop.Orders/Get', '      calls get'],
    ]);
    expect((await tracer.close()).lost.total).toBe(0);
  });
});
