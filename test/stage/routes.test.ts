import { describe, expect, it } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { SpanStage, type SpanStageOptions } from '../../src/stage/span-stage.ts';
import { batchOf } from '../../src/wire/batch.ts';
import { httpFlag } from '../../src/wire/wire.gen.ts';
import { rawSpan } from '../correlate/raw-record.ts';
import { countOf } from '../support/call-series.ts';

const TARGET = { kind: 'target', pid: 42, exe: '/a', serviceName: 'a', attributes: {} } as const;

interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly pattern?: string;
  readonly ms?: number;
  readonly status?: number;
}

const rawRequest = ({ method = 'GET', path, pattern = '', ms = 1, status = 200 }: Asked): Uint8Array => {
  const values = { target_id: 1, goid: 7, span_kind: 1, trace_flags: 1, protocol: 11, status };
  const more = { flags: httpFlag.HTTP_FLAG_STATUS, end_ktime_ns: ms * 1e6 };
  return rawSpan('http', { ...values, ...more }, { method, path, pattern });
};

function stageWith(options: Partial<SpanStageOptions> = {}) {
  const spans: ReadableSpan[] = [];
  const nothing = async (): Promise<void> => {};
  const onEnd = (span: ReadableSpan): void => void spans.push(span);
  const sink = { onEnd, forceFlush: nothing, shutdown: nothing };
  const stage = new SpanStage({ processors: [sink], ...options });
  stage.take({ ...TARGET, targetId: 1 });
  stage.countCalls(true);
  const ask = (...asked: readonly Asked[]): (string | undefined)[] => {
    // Several in one buffer, so that what recurs is kept.
    const batch = batchOf(Uint8Array.from(Buffer.concat(asked.map(rawRequest))).buffer);
    stage.decode(batch, (kept) => stage.takersOf(kept));
    return spans.splice(0).map(({ name, attributes }) => {
      const route = attributes['http.route'];
      const verb = String(attributes['http.request.method']);
      expect(name).toBe(route === undefined ? verb : `${verb} ${String(route)}`);
      return route as string | undefined;
    });
  };
  return { stage, ask };
}

describe('routes that the user has named', () => {
  const routes = ['/users/{id}', 'POST /users', '/files/{path...}'];
  const asked = ['/users/7', '/users/8', '/nothing', '/users/9', '/files/a/b', '/files/c', '/users'];
  const told = ['/users/{id}', '/users/{id}', undefined, '/users/{id}'];

  it.each([
    undefined,
    { rules: { slow: false, error: false, ratio: 1 }, sampler: { parentBased: true, rejectBelow: 0n } },
  ])('are those of requests without one, in spans and counts', (keep) => {
    const { stage, ask } = stageWith({ routes, keep });
    for (let times = 0; times < 5; times++) {
      const files = ['/files/{path...}', '/files/{path...}', undefined];
      expect(ask(...asked.map((path) => ({ path })))).toEqual([...told, ...files]);
    }
    expect(ask({ method: 'POST', path: '/users' })).toEqual(['/users']);
    const count = (route?: string) =>
      countOf(
        stage.calls(),
        'http.server.request.duration',
        route === undefined ? undefined : { 'http.route': route },
      );
    expect([count('/users/{id}'), count('/files/{path...}'), count('/users'), count()]).toEqual([
      15, 10, 1, 36,
    ]);
  });

  it('give way to those that the program tells', () => {
    const { ask } = stageWith({ routes });
    expect(
      ask({ path: '/users/7', pattern: 'GET /users/{user}' }, { path: '/users/7', pattern: '\n/:any/*rest' }),
    ).toEqual(['/users/{user}', '/:any/*rest']);
  });
});

describe('the routes of one target', () => {
  it('are bounded: beyond that spans are told without, and are counted', () => {
    const { stage, ask } = stageWith();
    const many = Array.from({ length: 2_010 }, (_, n) => ({ path: '/a', pattern: `/r${n}/{id}` }));
    const told = ask(...many);
    expect(told.filter((route) => route !== undefined)).toHaveLength(2_000);
    expect(stage.counters.lost()).toEqual({ too_many_routes: 10 });
    expect(ask({ path: '/a', pattern: '/r7/{id}' }, { path: '/a', pattern: '/r2005/{id}' })).toEqual([
      '/r7/{id}',
      undefined,
    ]);
    expect(stage.counters.lost()).toEqual({ too_many_routes: 11 });
  });
});

describe('requests without a route', () => {
  const rules = { slow: true, error: false, ratio: 0 };
  const keep = { rules, sampler: { parentBased: true, rejectBelow: 0n } };

  it('are slow by what is usual for those with a path like theirs', () => {
    const { stage, ask } = stageWith({ keep });
    const usual = Array.from({ length: 200 }, (_, n) => [
      { path: `/quick/${n}`, ms: 2 },
      { path: `/long/${n}`, ms: 60 },
    ]).flat();
    ask(...usual);
    expect(ask({ path: '/long/7', ms: 60 }, { path: '/quick/7', ms: 60 })).toHaveLength(1);
    expect(stage.counters.lost()).toEqual({});
  });

  it('… of which nobody says anything where there is nothing at that path', () => {
    const { ask } = stageWith({ keep });
    ask(...Array.from({ length: 200 }, () => ({ path: '/quick/7', ms: 2, status: 404 })));
    expect(ask({ path: '/quick/7', ms: 60 })).toEqual([]);
  });
});
