import { expect, it } from 'vitest';
import { breakdownOf } from '../../src/correlate/time-spent.ts';
import { RouteCounts } from '../../src/stage/route-counts.ts';
import { makeFact, makeSource, timeOf } from '../span/fact.ts';

const source = makeSource();
const request = (pattern: string | undefined) => makeFact({}, { pattern, path: '/x' });

it('what requests spent their time on and why they were slow is counted by route', () => {
  const routes = new RouteCounts();
  routes.addTime(request('GET /a'), source, timeOf({ cpu: 5, mutex: 2 }));
  routes.addTime(request('GET /a'), source, timeOf({ cpu: 1 }));
  routes.addTime(request(undefined), source, timeOf({ sleep: 3 }));
  routes.addVerdict(request('GET /a'), source, 'mutex');
  expect(
    routes.all().map(({ attributes, verdicts, requestNs }) => ({
      attributes,
      verdicts,
      ...breakdownOf({ ns: requestNs }),
    })),
  ).toEqual([
    {
      attributes: { 'http.request.method': 'GET', 'http.route': '/a' },
      verdicts: { mutex: 1 },
      cpu: 6,
      mutex: 2,
    },
    { attributes: { 'http.request.method': 'GET' }, verdicts: {}, sleep: 3 },
  ]);
});

it('requests of too many routes are counted together', () => {
  const routes = new RouteCounts();
  for (let n = 0; n < 300; n++) routes.addTime(request(`/made/up/${n}`), source, timeOf({ cpu: 1 }));
  const all = routes.all();
  expect(all).toHaveLength(201);
  expect(all.at(-1)?.attributes).toEqual({ 'otel.metric.overflow': true });
  expect(breakdownOf({ ns: all.at(-1)?.requestNs ?? [] })).toEqual({ cpu: 100 });
});
