/** A span as an instrumented application makes it: 12 attributes and 3 events, 763 bytes of protobuf. */
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { createResource } from '../../src/span/resource.ts';

const resource = createResource({ 'service.name': 'shop', 'process.pid': 4242 });
const instrumentationScope = Object.freeze({ name: 'bench', version: '1.0.0' });
const START_S = 1_700_000_000;

/** The `number` makes its ids and some of its texts differ from those of others. */
export function makeSyntheticSpan(number: number): ReadableSpan {
  const id = number.toString(16).padStart(16, '0');
  const context = { traceId: `0af7651916cd43dd${id}`, spanId: id, traceFlags: 1 };
  const event = (index: number) => ({
    name: `cache.lookup.${index}`,
    time: [START_S + number, 1_000 * index] as [number, number],
    attributes: { 'cache.key': `order:${number}:${index}`, 'cache.hit': index % 2 === 0 },
    droppedAttributesCount: 0,
  });
  return {
    name: 'GET /api/v1/orders/{id}',
    kind: 1,
    spanContext: () => context,
    parentSpanContext: { traceId: context.traceId, spanId: '00f067aa0ba902b7', traceFlags: 1 },
    startTime: [START_S + number, 1_000],
    endTime: [START_S + number, 501_000],
    duration: [0, 500_000],
    status: { code: 0 },
    attributes: {
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'http.route': '/api/v1/orders/{id}',
      'url.scheme': 'https',
      'url.path': `/api/v1/orders/${number}`,
      'url.query': 'page=2&sort=desc',
      'server.address': 'shop.example',
      'server.port': 443,
      'client.address': '10.1.2.3',
      'network.protocol.version': '1.1',
      'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
      'app.cart.total': 129.99,
    },
    links: [],
    events: [event(1), event(2), event(3)],
    ended: true,
    resource,
    instrumentationScope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}
