/** The example of four libraries: a request goes through two services, Redis and PostgreSQL, and is one trace without any header. */
import { expect, it } from 'vitest';
import { Tracer } from '../../src/tracer/tracer.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { eventually } from '../support/child.ts';
import { postgres, redis } from '../support/databases.ts';
import { startOrders, treeOf } from '../support/orders.ts';
import { collecting, traceOf } from '../support/traced-server.ts';

describeWith([kernel, go, postgres, redis], 'the orders of the example', () => {
  it('are one trace through chi, gRPC, go-redis and pgx', { timeout: 300_000 }, async () => {
    const { service, gateway } = await startOrders();
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
