import { describe, expect, it } from 'vitest';
import { RecordStage, type StageMessage } from '../../src/stage/record-stage.ts';
import { Slowdowns, type SlowRoute } from '../../src/stage/slowdowns.ts';
import { ALL_SAMPLED, batchWith, type RawRoot, rawChild, rawRoot, traceIdOf } from './keep-traces.ts';

const LAST = traceIdOf(1, 0);

/** Twenty requests in each second of a time, each with a batch of its own or all of a second in one. */
function* seconds(from: number, to: number, rootOf: (n: number) => Partial<RawRoot>) {
  for (let second = from; second < to; second++) {
    const records = Array.from({ length: 20 }, (_, n) =>
      rawRoot({ id: n + 1, trace: LAST, ...rootOf(n) }, second * 1_000 + n * 50),
    );
    yield batchWith(...records, rawChild({ id: 99, parent: 1, trace: LAST }, second * 1_000 + 999));
  }
}

function watch() {
  const told: SlowRoute[] = [];
  const slowdowns = new Slowdowns((route) => told.push(route));
  const during = (...[from, to, rootOf]: Parameters<typeof seconds>): SlowRoute[] => {
    for (const batch of seconds(from, to, rootOf)) slowdowns.look(batch);
    return told.splice(0);
  };
  return { slowdowns, during };
}

const items = (ms: number) => () => ({ ms, pattern: 'GET /items/{id}' });

describe('routes that have become slow', () => {
  it('are told with what is usual for them, by requests that are not sampled, too', () => {
    const { during } = watch();
    expect(during(0, 120, items(20))).toEqual([]);
    const told = during(120, 130, () => ({ ...items(90)(), more: { trace_flags: 0 } }));
    expect(told.length).toBeGreaterThan(0);
    expect(told[0]).toMatchObject({ targetId: 1, route: 'GET /items/{id}' });
    expect(told.at(-1)?.p99Ns).toBeGreaterThan(85e6);
    expect(told.at(-1)?.usualP99Ns).toBeLessThan(22e6);
  });

  it('are told one at a time, the slowest of them', () => {
    const { during } = watch();
    const of = (a: number, b: number) => (n: number) =>
      n % 2 ? { ms: a, pattern: 'GET /a' } : { ms: b, pattern: 'GET /b' };
    expect(during(0, 180, of(20, 20))).toEqual([]);
    const told = during(180, 192, of(90, 200));
    expect(new Set(told.map(({ route }) => route))).toEqual(new Set(['GET /b']));
    expect(told.length).toBeLessThanOrEqual(6);
  });

  it('are those of the same target, and are forgotten with it', () => {
    const { during, slowdowns } = watch();
    const of = (ms: number, target_id: number) => () => ({ ...items(ms)(), more: { target_id } });
    during(0, 120, of(20, 1));
    expect(during(120, 140, of(90, 2))).toEqual([]);
    slowdowns.forget(1);
    expect(during(140, 160, of(90, 1)).filter(({ targetId }) => targetId === 1)).toEqual([]);
  });

  it('are no clients, and no damaged records', () => {
    const { during, slowdowns } = watch();
    during(0, 120, () => ({ ms: 20, isClient: true }));
    expect(during(120, 140, () => ({ ms: 90, isClient: true }))).toEqual([]);
    const batch = batchWith(rawRoot({ id: 1, trace: LAST }, 141_000));
    slowdowns.look({ ...batch, u8: batch.u8.subarray(0, 40) });
  });

  it('are bounded', () => {
    const { during } = watch();
    const many = (ms: number) => (n: number) => ({ ms, pattern: `GET /${n}` });
    for (let first = 0; first < 600; first += 20)
      during(0, 1, (n) => ({ ms: 20, pattern: `GET /x${first + n}` }));
    during(0, 600, many(20));
    expect(during(600, 640, many(200))).toEqual([]);
  });

  it.each([undefined, { slow: true, error: true, ratio: 0 }])(
    'are told by the stage that is to, whatever is kept (%o)',
    (rules) => {
      const spans = { onEnd: () => {}, forceFlush: async () => {}, shutdown: async () => {} };
      const keep = rules && { rules, sampler: ALL_SAMPLED };
      const messages: StageMessage[] = [];
      const quiet: StageMessage[] = [];
      const scope = { name: 'goidspan' };
      const stage = new RecordStage([spans], { scope, keep, tellsSlowRoutes: true }, (message) =>
        messages.push(message),
      );
      const other = new RecordStage([spans], { scope, keep }, (message) => quiet.push(message));
      const all = [...seconds(0, 120, items(20)), ...seconds(120, 130, items(90))];
      for (const batch of all) for (const each of [stage, other]) each.takeBatch(batch);
      expect(messages[0]).toMatchObject({
        kind: 'slow_route',
        of: { targetId: 1, route: 'GET /items/{id}' },
      });
      expect(quiet).toEqual([]);
      stage.take({ kind: 'forget', targetId: 1 });
    },
  );
});
