import { describe, expect, it } from 'vitest';
import type { Cause } from '../../src/correlate/verdict.ts';
import { KEPT_MAX, RequestWindow, ROUTES_MAX } from '../../src/verdict/request-window.ts';

const WINDOW_MS = 60_000;
const spent = (durationNs: number, cause: Cause = 'cpu') => ({
  durationNs,
  byCause: new Map<Cause, number>([[cause, durationNs]]),
});

describe('the requests of a running window', () => {
  it('are told by service and route, with what they spent their time on', () => {
    const window = new RequestWindow(WINDOW_MS);
    for (let n = 1; n <= 100; n++) window.add(n, 'shop', 'GET /a', spent(n * 1e6, 'mutex'));
    window.add(5, 'shop', 'GET /b', spent(1e6));
    window.add(5, 'other', 'GET /a', spent(2e6));
    const reports = window.reports(1_000);
    expect(reports.map(({ service, route, requests }) => [service, route, requests])).toEqual([
      ['shop', 'GET /a', 100],
      // That with most to gain comes first.
      ['other', 'GET /a', 1],
      ['shop', 'GET /b', 1],
    ]);
    expect(reports[0]?.ns).toEqual({ p50: 51e6, p95: 96e6, p99: 100e6 });
    expect(reports[0]?.causes[0]).toMatchObject({ cause: 'mutex', p99WithoutNs: 0 });
  });

  it('leave it when they are older, and a route that has none is gone', () => {
    const window = new RequestWindow(WINDOW_MS);
    for (let at = 0; at < 120_000; at += 1_000) window.add(at, 'shop', 'GET /a', spent(at));
    window.add(0, 'shop', 'GET /b', spent(1));
    const [report, ...others] = window.reports(119_500);
    expect(others).toEqual([]);
    expect(report?.requests).toBe(60);
    // The oldest of them came at 60 s.
    expect(report?.ns.p50).toBe(90_000);
    expect(window.reports(179_000)).toEqual([]);
    window.add(180_000, 'shop', 'GET /b', spent(7));
    expect(window.reports(180_001).map(({ route }) => route)).toEqual(['GET /b']);
  });

  it('are an even part where they are very many, and all are counted', () => {
    const window = new RequestWindow(WINDOW_MS);
    const many = 100_000;
    for (let n = 0; n < many; n++) window.add(n / 2, 'shop', 'GET /a', spent(n));
    const [report] = window.reports(many / 2);
    expect(report?.requests).toBe(many);
    expect(report?.lookedAt).toBeLessThanOrEqual(KEPT_MAX);
    expect(report?.lookedAt).toBeGreaterThan(KEPT_MAX / 4);
    // They came in the order of how long they took: an even part has their quantiles.
    expect((report?.ns.p50 ?? 0) / many).toBeCloseTo(0.5, 2);
    expect((report?.ns.p99 ?? 0) / many).toBeCloseTo(0.99, 2);
  });

  it('are looked at all again when they are few, none more than others meanwhile', () => {
    const window = new RequestWindow(WINDOW_MS);
    for (let n = 0; n < 32_000; n++) window.add(n / 10, 'shop', 'GET /a', spent(1));
    let at = 3_200;
    let shares: number[] = [];
    // Ten a second from then on, which take longer.
    for (; at < 600_000; at += 100) {
      window.add(at, 'shop', 'GET /a', spent(1_000));
      if (at % 10_000 !== 0) continue;
      const [report] = window.reports(at);
      if (report) shares = [...shares, report.lookedAt / report.requests];
    }
    expect(shares[0]).toBeLessThan(0.2);
    // In each window nearly the share that is looked at of the whole.
    expect(shares.at(-1)).toBe(1);
    const [report] = window.reports(at);
    expect(report?.requests).toBeGreaterThan(590);
    expect(report?.requests).toBeLessThanOrEqual(601);
  });

  it('are only counted where they are of too many routes', () => {
    const window = new RequestWindow(WINDOW_MS);
    for (let n = 0; n < ROUTES_MAX + 50; n++) window.add(n, 'shop', `GET /${n}`, spent(1));
    expect(window.reports(1_000)).toHaveLength(ROUTES_MAX);
    expect(window.beyond(1_000)).toBe(50);
    expect(window.beyond(WINDOW_MS + 10_000)).toBe(0);
    // Those that had none for a while make room.
    expect(window.reports(WINDOW_MS + 10_000)).toEqual([]);
    window.add(WINDOW_MS + 10_001, 'shop', 'GET /new', spent(1));
    expect(window.reports(WINDOW_MS + 10_002)).toHaveLength(1);
  });
});
