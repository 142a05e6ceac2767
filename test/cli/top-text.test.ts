import { describe, expect, it } from 'vitest';
import { formatTop, screenLines, type TopView } from '../../src/cli/top-text.ts';
import type { RouteReport } from '../../src/verdict/route-report.ts';

const route = (name: string, requests = 100): RouteReport => ({
  service: 'shop',
  route: name,
  requests,
  lookedAt: Math.min(requests, 4_000),
  ns: { p50: 1e6, p95: 2e6, p99: 30e6 },
  bounds: { p50: [1e6, 1e6], p95: [2e6, 2e6], p99: [20e6, null] },
  causes: [{ cause: 'mutex', ns: { p50: 0, p95: 1e6, p99: 28e6 }, p99WithoutNs: 2e6 }],
});
const view = (more: Partial<TopView> = {}): TopView => ({
  routes: [],
  beyond: 0,
  seconds: 12.4,
  lost: 0,
  ...more,
});
const plain = (_: string, text: string): string => text;

describe('goidspan top as text', () => {
  it('says when, how much of what, and of each route what report says', () => {
    const text = formatTop(view({ routes: [route('GET /a', 12_000), route('GET /b')] }), new Date(0));
    expect(text.split('\n')).toEqual([
      '1970-01-01T00:00:00Z  last 12 s: 12,100 requests of 2 routes',
      '',
      'GET /a  shop, 12,000 requests, of which 4,000 were looked at',
      '  p50 1 ms, p95 2 ms, p99 30 ms (20 ms or more with 95 % confidence)',
      '  cause  at p50  at p95  at p99  p99 without it, at best',
      '  mutex  0 ms    1 ms    28 ms   2 ms (-93 %)',
      '',
      'GET /b  shop, 100 requests',
      '  p50 1 ms, p95 2 ms, p99 30 ms (20 ms or more with 95 % confidence)',
      '  cause  at p50  at p95  at p99  p99 without it, at best',
      '  mutex  0 ms    1 ms    28 ms   2 ms (-93 %)',
      '',
      '',
    ]);
  });

  it('says what is missing', () => {
    const text = formatTop(view({ routes: [route('GET /a', 1)], beyond: 7, lost: 3 }), new Date(0));
    expect(text).toContain('last 12 s: 8 requests of 1 route, and 7 of more routes than are kept, 3 lost\n');
    expect(formatTop(view(), new Date(0))).toBe(
      '1970-01-01T00:00:00Z  last 12 s: 0 requests of 0 routes\n\n',
    );
  });
});

describe('goidspan top on a screen', () => {
  const routes = ['GET /a', 'GET /b', 'GET /c'].map((name) => route(name));

  it('shows whole routes, as many as fit, and how many do not', () => {
    // Head, two routes, what is not shown, foot.
    expect(screenLines(view({ routes }), { columns: 80, rows: 15 }, plain)).toEqual([
      'goidspan top  last 12 s: 300 requests of 3 routes',
      '',
      'GET /a  shop, 100 requests',
      '  p50 1 ms, p95 2 ms, p99 30 ms (20 ms or more with 95 % confidence)',
      '  cause  at p50  at p95  at p99  p99 without it, at best',
      '  mutex  0 ms    1 ms    28 ms   2 ms (-93 %)',
      '',
      'GET /b  shop, 100 requests',
      '  p50 1 ms, p95 2 ms, p99 30 ms (20 ms or more with 95 % confidence)',
      '  cause  at p50  at p95  at p99  p99 without it, at best',
      '  mutex  0 ms    1 ms    28 ms   2 ms (-93 %)',
      '',
      '… and 1 more route',
      '',
      'q quits',
    ]);
    const fewer = screenLines(view({ routes }), { columns: 80, rows: 14 }, plain);
    expect(fewer.filter((line) => line.startsWith('GET'))).toHaveLength(1);
    expect(fewer).toContain('… and 2 more routes');
    const all = screenLines(view({ routes }), { columns: 80, rows: 18 }, plain);
    expect(all.filter((line) => line.startsWith('GET'))).toHaveLength(3);
    expect(all).toHaveLength(18);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 20, 100])('is never larger than %d lines of any width', (rows) => {
    for (const columns of [1, 2, 10, 40, 79, 200]) {
      const lines = screenLines(
        view({ routes, message: 'no longer tracing shop' }),
        { columns, rows },
        plain,
      );
      expect(lines.length).toBeLessThanOrEqual(rows);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    }
  });

  it('says that there is nothing yet, and what was said last', () => {
    const lines = screenLines(view({ message: 'waiting' }), { columns: 80, rows: 24 }, plain);
    expect(lines).toEqual([
      'goidspan top  last 12 s: 0 requests of 0 routes',
      '',
      'no request has ended yet whose time is known',
      '',
      'waiting',
    ]);
  });

  it('emphasises what it is about', () => {
    const marked = screenLines(
      view({ routes: routes.slice(0, 1) }),
      { columns: 80, rows: 24 },
      (style, text) => (text === '' ? '' : `<${style}>${text}`),
    );
    expect(marked.filter((line) => line.startsWith('<'))).toEqual([
      '<bold>goidspan top  last 12 s: 100 requests of 1 route',
      '<bold>GET /a  shop, 100 requests',
      '<dim>q quits',
    ]);
  });
});
