/** The services of the example behind Caddy, which forwards what its clients send. */
import { expect, it, onTestFinished } from 'vitest';
import { Tracer } from '../../src/tracer/tracer.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { Child, eventually } from '../support/child.ts';
import { postgres, redis } from '../support/databases.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { startOrders, treeOf } from '../support/orders.ts';
import { collecting, isServer, parentOf, traceOf } from '../support/traced-server.ts';

const timeout = 600_000;
const remote = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const cached = [
  'serves GET',
  '  calls GET',
  '    serves GET /orders/{id}',
  '      calls shop.Orders/Get',
  '        serves shop.Orders/Get',
  '          calls get',
];
const fromStore = [...cached, '          calls select', '          calls set'];

describeWith([kernel, go, postgres, redis], 'the orders of the example behind Caddy', () => {
  it.each([
    ['as it is', []],
    ['that limits how long it reads and writes', ['-timeouts']],
  ])('are one trace with it %s', { timeout }, async (_, args) => {
    const { service, gateway } = await startOrders();
    const binary = await buildGo({ dir: 'test/fixtures/caddy', name: 'caddy' });
    const to = gateway.url.replace('http://', '');
    const caddy = await GoServer.of(new Child(binary, ['-to', to, ...args]));
    onTestFinished(() => caddy.stop());
    // Connections are made before, so that none of them is part of a trace.
    expect((await caddy.get('/orders/1')).body).toBe('order 1\n');
    const out = await collecting();
    const tracer = await Tracer.open({ processors: [out.processor] });
    for (const { pid } of [service, gateway, caddy]) await tracer.attachPid(pid);
    await caddy.get('/orders/7');
    await caddy.get('/orders/7');
    const traceparent = `00-${remote.traceId}-${remote.spanId}-01`;
    await caddy.get('/orders/8', { headers: { traceparent } });
    const traces = await eventually('all traces', 10_000, async () => {
      await tracer.stats();
      const expected = 2 * fromStore.length + cached.length;
      return out.spans.length >= expected ? [...new Set(out.spans.map(traceOf))] : undefined;
    });
    const inTrace = (trace: string) => out.spans.filter((span) => traceOf(span) === trace);
    expect(traces.map((trace) => treeOf(inTrace(trace)))).toEqual([fromStore, cached, fromStore]);
    expect(traces[2]).toBe(remote.traceId);
    expect(inTrace(remote.traceId).filter((span) => parentOf(span) === remote.spanId)).toHaveLength(1);
    expect(inTrace(remote.traceId).filter(isServer)).toHaveLength(3);
    expect((await tracer.close()).lost.total).toBe(0);
  });
});
