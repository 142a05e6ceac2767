import { describe, expect, it } from 'vitest';
import type { SpanFact } from '../../src/correlate/fact.ts';
import { SERVER_DURATION } from '../../src/span/http-metrics.ts';
import { CallCounts } from '../../src/stage/call-counts.ts';
import { makeDbFact, makeFact, makeSource } from '../span/fact.ts';

const source = makeSource();
const BUCKETS = SERVER_DURATION.boundsSeconds.length + 1;

/** A request to a route that took so long. */
function request(route: string, lastedNs: number, more: Partial<SpanFact> = {}): SpanFact {
  const at = { start: [100, 0], end: [100 + Math.floor(lastedNs / 1e9), lastedNs % 1e9] } as const;
  return makeFact({ ...at, ...(more as object) }, { pattern: `GET ${route}`, path: '/x', statusCode: 200 });
}

describe('calls that are counted', () => {
  it('are in the bucket up to whose bound they took, and their sum is exact', () => {
    const calls = new CallCounts();
    for (const ns of [0, 5_000_000, 5_000_001, 10_000_000_000, 10_000_000_001])
      calls.add(request('/items/{id}', ns), source);
    expect(calls.all()).toEqual([
      {
        id: 1,
        targetId: 1,
        metric: 'http.server.request.duration',
        attributes: {
          'http.request.method': 'GET',
          'http.response.status_code': 200,
          'http.route': '/items/{id}',
          'network.protocol.version': '1.1',
          'url.scheme': 'http',
        },
        counts: [2, 1, ...Array(BUCKETS - 4).fill(0), 1, 1],
        sumsNs: [5_000_000, 5_000_001, ...Array(BUCKETS - 4).fill(0), 10_000_000_000, 10_000_000_001],
      },
    ]);
  });

  it('are told apart by target, route, error and kind, and not by what varies of them', () => {
    const calls = new CallCounts();
    for (const [path, query] of [['/a'], ['/b', 'c'], ['/d']] as const)
      calls.add(makeFact({}, { pattern: '/', path, query, peer: '10.0.0.1:1' }), source);
    calls.add(makeFact({ targetId: 2 }, { pattern: '/' }), source);
    calls.add(makeFact({ ending: 'panicked' }, { pattern: '/' }), source);
    calls.add(makeFact({ spanKind: 'client' }, { host: 'api:80' }), source);
    calls.add(makeDbFact(), source);
    const told = calls
      .all()
      .map(({ targetId, metric, attributes, counts }) => [
        `${targetId} ${metric} ${attributes['error.type'] ?? ''}`,
        counts.reduce((sum, count) => sum + count, 0),
      ]);
    expect(told).toEqual([
      ['1 http.server.request.duration ', 3],
      ['1 http.server.request.duration panic', 1],
      ['1 http.client.request.duration ', 1],
      ['1 db.client.operation.duration ', 1],
      ['2 http.server.request.duration ', 1],
    ]);
  });

  it('find what recurs again, unless it is of another target, ended in another way or is no route', () => {
    const calls = new CallCounts();
    const recurring = {};
    const at = { recurring };
    const redirected = { pattern: '/users/', path: '/users' };
    for (const fact of [
      ...[makeFact(at, { pattern: '/users/', path: '/users/7' }), makeFact(at, redirected)],
      ...[makeFact({ ...at, ending: 'panicked' }, redirected), makeFact({ ...at, targetId: 2 }, redirected)],
      makeFact(at, { pattern: '/users/', path: '/users/8' }),
    ])
      calls.add(fact, source);
    const told = calls
      .all()
      .map(({ targetId, attributes, counts }) => [
        ...[targetId, attributes['http.route'], attributes['error.type']],
        counts.reduce((sum, count) => sum + count, 0),
      ]);
    expect(told).toEqual([
      [1, '/users/', undefined, 2],
      [1, undefined, undefined, 1],
      [1, undefined, 'panic', 1],
      [2, undefined, undefined, 1],
    ]);
  });

  it('are counted together where a target has too many kinds of them', () => {
    const calls = new CallCounts();
    for (let n = 0; n < 1_500; n++) calls.add(request(`/made/up/${n}`, 1_000), source);
    calls.add(makeDbFact(), source);
    calls.add(request('/made/up/7', 1_000), source);
    calls.add(request('/other', 1_000, { targetId: 2 }), source);
    const all = calls.all();
    const beyond = all.filter(({ attributes }) => attributes['otel.metric.overflow'] === true);
    expect(
      beyond.map(({ metric, counts }) => [metric, counts.reduce((sum, count) => sum + count, 0)]),
    ).toEqual([
      ['http.server.request.duration', 500],
      ['db.client.operation.duration', 1],
    ]);
    // One more for each metric.
    expect(all).toHaveLength(1_000 + 2 + 1);
    const seventh = all.find(({ attributes }) => attributes['http.route'] === '/made/up/7');
    expect(seventh?.counts[0]).toBe(2);
  });

  it('say what has changed since they were asked, and forget a target', () => {
    const calls = new CallCounts();
    calls.add(request('/a', 1_000), source);
    calls.add(request('/b', 1_000, { targetId: 2 }), source);
    const routesOf = (series: ReturnType<CallCounts['all']>) =>
      series.map(({ attributes, counts }) => [attributes['http.route'], counts[0]]);
    expect(routesOf(calls.changed())).toEqual([
      ['/a', 1],
      ['/b', 1],
    ]);
    expect(calls.changed()).toEqual([]);
    calls.add(request('/b', 1_000, { targetId: 2 }), source);
    const changed = calls.changed();
    calls.add(request('/b', 1_000, { targetId: 2 }), source);
    expect(routesOf(changed)).toEqual([['/b', 2]]);
    calls.forget(2);
    expect(routesOf(calls.all())).toEqual([['/a', 1]]);
    // A target of that number is another one.
    calls.add(request('/b', 1_000, { targetId: 2 }), source);
    expect(routesOf(calls.changed())).toEqual([['/b', 1]]);
  });
});
