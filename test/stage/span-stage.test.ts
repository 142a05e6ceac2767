import type { HrTime } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import type { StatementForm } from '../../src/span/statement-form.ts';
import type { WaitForm } from '../../src/span/wait-form.ts';
import { type ContextFrame, SpanStage } from '../../src/stage/span-stage.ts';
import { type EvSpanEnd, type SpanTime, spanFlag, spanKind, timeUse } from '../../src/wire/wire.gen.ts';
import {
  makeDbRecord,
  makeRecord,
  makeStopRecord,
  makeWaitRecord,
  stopReasons,
} from '../correlate/record.ts';

const ERROR_TYPE = 0x6c0ffe;
const TARGET_ID = 3;
/** Kernel time 0, in Unix seconds. */
const BOOT = 1_700_000_000;

const target: ContextFrame = {
  kind: 'target',
  targetId: TARGET_ID,
  pid: 42,
  exe: '/srv/app',
  serviceName: 'app',
  attributes: { 'service.name': 'app' },
};
const named = (name: string | null): ContextFrame => ({
  kind: 'type_name',
  targetId: TARGET_ID,
  address: ERROR_TYPE,
  name,
});
/** A call that ended with an error of that type. */
const failed = makeRecord({ spanKind: spanKind.SPAN_KIND_CLIENT, errorTypeAddr: ERROR_TYPE }, { host: 'a' });

/** Of a record: all of it was spent on a mutex. */
function timeOf(ns: number, allocNs = 0): SpanTime {
  const spent = Object.values(timeUse).map((use) => (use === timeUse.TIME_MUTEX ? ns : 0));
  return {
    ns: spent,
    allocNs,
    startCpu: 0,
    endCpu: 0,
    startNode: 0,
    endNode: 0,
    migrations: 0,
    uringCompletions: 0,
    queued: 0,
  };
}

/** A request, of which so much was spent on a mutex. */
const request = (ns = 0, allocNs = 0): EvSpanEnd =>
  makeRecord({ time: timeOf(ns, allocNs) }, { method: 'GET', path: '/' }, spanFlag.SPAN_FLAG_TIME);

function stageThatAsks(dbStatement?: StatementForm, waits?: WaitForm) {
  const spans: ReadableSpan[] = [];
  const asked: [number, number][] = [];
  const nothing = async (): Promise<void> => {};
  const processor = {
    onEnd: (span: ReadableSpan) => void spans.push(span),
    forceFlush: nothing,
    shutdown: nothing,
  };
  const stage = new SpanStage({
    processors: [processor],
    dbStatement,
    waits,
    askTypeName: (targetId, address) => asked.push([targetId, address]),
  });
  stage.take(target);
  const errorTypes = (): unknown[] => spans.map(({ attributes }) => attributes['error.type']);
  return { stage, spans, asked, errorTypes };
}

describe('a target that is looked at less deep than was asked for', () => {
  it('has that in its spans, but not in those that had ended before', () => {
    const { stage, spans } = stageThatAsks();
    stage.emit(makeRecord({}, { method: 'GET', path: '/' }));
    stage.take({ ...target, facts: { level: 'spans' } } as ContextFrame);
    stage.emit(request(1_000));
    stage.emit(makeRecord({}, { method: 'GET', path: '/' }));
    stage.take({ ...target, facts: {} } as ContextFrame);
    stage.emit(makeRecord({}, { method: 'GET', path: '/' }));
    expect(spans.map(({ attributes }) => attributes['goidspan.level'])).toEqual([
      undefined,
      undefined,
      'spans',
      undefined,
    ]);
  });
});

describe('a target of which more becomes known', () => {
  it('keeps its counts, and the names and spans that it waits for', () => {
    const { stage, asked, errorTypes } = stageThatAsks();
    stage.emit(failed);
    stage.take({ ...target, facts: { gomaxprocs: 2 } } as ContextFrame);
    stage.emit(failed);
    expect(asked).toHaveLength(1);
    stage.take(named('*net.OpError'));
    expect(errorTypes()).toEqual(['*net.OpError', '*net.OpError']);
    expect(stage.countsByTarget.get(TARGET_ID)?.spans).toBe(2);
  });
});

describe('a stage that asks for type names', () => {
  it('holds spans until the name has come, and asks once', () => {
    const { stage, asked, errorTypes } = stageThatAsks();
    stage.emit(failed);
    stage.emit(failed);
    expect(errorTypes()).toEqual([]);
    expect(asked).toEqual([[TARGET_ID, ERROR_TYPE]]);
    stage.take(named('*net.OpError'));
    expect(errorTypes()).toEqual(['*net.OpError', '*net.OpError']);
    stage.emit(failed);
    expect(errorTypes()).toHaveLength(3);
    expect(asked).toHaveLength(1);
  });

  it('sends them without a name when there is none', () => {
    const { stage, asked, errorTypes } = stageThatAsks();
    stage.emit(failed);
    stage.take(named(null));
    stage.emit(failed);
    expect(errorTypes()).toEqual(['_OTHER', '_OTHER']);
    expect(asked).toHaveLength(1);
  });

  it('holds no other span up', () => {
    const { stage, spans } = stageThatAsks();
    stage.emit(failed);
    stage.emit(makeRecord({}, { method: 'GET', path: '/' }));
    expect(spans.map(({ name }) => name)).toEqual(['GET']);
  });

  it('loses none when the target is forgotten, when the end has come, or when too many wait', () => {
    const { stage, spans } = stageThatAsks();
    for (let count = 0; count < 3_000; count++) stage.emit(failed);
    const held = 3_000 - spans.length;
    expect(held).toBe(1_024);
    stage.take({ kind: 'forget', targetId: TARGET_ID });
    expect(spans).toHaveLength(3_000);
    stage.take(target);
    stage.emit(failed);
    stage.emitWaiting();
    expect(spans).toHaveLength(3_001);
  });
});

describe('a stage', () => {
  it.each<[StatementForm | undefined, string | undefined]>([
    [undefined, 'select ? from items where name = ?'],
    ['sanitized', 'select ? from items where name = ?'],
    ['raw', "select 1 from items where name = 'x'"],
    ['none', undefined],
  ])('tells statements in the form that it was given: %s', (dbStatement, text) => {
    const { stage, spans } = stageThatAsks(dbStatement);
    stage.emit(makeDbRecord({}, { statement: "select 1 from items where name = 'x'" }));
    expect(spans.map(({ name, attributes }) => [name, attributes['db.query.text']])).toEqual([
      ['select items', text],
    ]);
  });

  it.each<[WaitForm | undefined, readonly string[], boolean]>([
    [undefined, ['GET', 'wait mutex'], true],
    ['spans', ['GET', 'wait mutex'], true],
    ['events', ['GET'], true],
    ['attributes', ['GET'], true],
    ['none', ['GET'], false],
  ])('tells waits in the form that it was given: %s', (waits, names, hasBreakdown) => {
    const { stage, spans } = stageThatAsks(undefined, waits);
    stage.emit(makeWaitRecord());
    expect(spans).toEqual([]);
    stage.emit(request(2_000_000));
    expect(spans.map(({ name }) => name)).toEqual(names);
    expect(spans[0]?.attributes['goidspan.wait.top'] !== undefined).toBe(hasBreakdown);
    expect(stage.counters.lost()).toEqual({});
    const events = spans.flatMap((span) => span.events.map(({ name }) => name));
    expect(events).toEqual(waits === 'events' ? ['wait mutex'] : []);
  });

  it('says at a span how many of its waits are not told', () => {
    const { stage, spans } = stageThatAsks();
    for (let count = 0; count < 23; count++) stage.emit(makeWaitRecord({ spanId: [9, count] }));
    stage.emit(request());
    expect(spans).toHaveLength(21);
    expect(spans[0]?.attributes['goidspan.waits.dropped']).toBe(3);
  });

  it('counts waits whose span does not come', () => {
    const { stage, spans } = stageThatAsks();
    stage.emit(makeWaitRecord({ header: { kind: 1, flags: 0, size: 0, targetId: TARGET_ID, tid: 1 } }));
    expect(spans).toEqual([]);
    expect(stage.counters.lost()).toEqual({ wait_without_span: 1 });
  });

  it('tells no breakdown that is more than the span lasted, and counts it', () => {
    const { stage, spans } = stageThatAsks();
    const lasted = 1_000_001_500;
    for (const spent of [lasted, lasted + 1]) {
      stage.emit(request(spent));
    }
    expect(spans.map(({ attributes }) => attributes['goidspan.breakdown'])).toEqual([
      `{"mutex":${lasted}}`,
      undefined,
    ]);
    for (const allocated of [lasted, lasted + 1]) stage.emit(request(lasted, allocated));
    expect(spans.slice(2).map(({ attributes }) => attributes['goidspan.alloc'])).toEqual([lasted, undefined]);
    expect(stage.counters.lost()).toEqual({ time_inconsistent: 2 });
  });

  describe.each(['spans', 'events'] as const)('that tells waits as %s', (waits) => {
    /** Tells what there is of waits, as `name from to` in milliseconds since second 101. */
    function toldOf(spans: readonly ReadableSpan[]): string[] {
      const msOf = ([seconds, nanos]: HrTime): number => (seconds - BOOT - 101) * 1e3 + nanos / 1e6;
      if (waits === 'spans') {
        const [, ...children] = spans;
        return children.map(({ name, startTime, endTime }) => `${name} ${msOf(startTime)} ${msOf(endTime)}`);
      }
      return (spans[0]?.events ?? []).map(({ name, time, attributes = {} }) => {
        const lasted = Number(attributes['goidspan.wait.duration_ns']);
        return `${name} ${msOf(time)} ${msOf(time) + lasted / 1e6}`;
      });
    }

    function stageWithTarget(waitMinNs: number | undefined) {
      const made = stageThatAsks(undefined, waits);
      made.stage.take({ kind: 'clock', offset: [BOOT, 0] });
      made.stage.take({ ...target, ...(waitMinNs !== undefined && { waitMinNs }) } as ContextFrame);
      return made;
    }
    const gc = (stage: SpanStage): void => {
      stage.takersOf().gcStop(
        makeStopRecord({
          reason: stopReasons.begins,
          startKtimeNs: [101, 0],
          endKtimeNs: [101, 3_000_000],
        }),
      );
      stage.takersOf().gcStop(
        makeStopRecord({
          reason: stopReasons.ends,
          startKtimeNs: [101, 9_000_000],
          endKtimeNs: [101, 9_100_000],
        }),
      );
    };

    it('lays what happened to the whole program over the spans that it hit, among their waits', () => {
      const { stage, spans } = stageWithTarget(1_000_000);
      stage.emit(makeWaitRecord({ startKtimeNs: [101, 4_000_000], endKtimeNs: [101, 6_000_000] }));
      gc(stage);
      stage.emit(request());
      expect(toldOf(spans)).toEqual(['gc.cycle 0 9.1', 'gc.stw 0 3', 'wait mutex 4 6']);
      const own = spans.map(({ attributes }) => attributes['goidspan.stop.reason']);
      expect(own).toEqual(
        waits === 'spans' ? [undefined, undefined, 'GC sweep termination', undefined] : [undefined],
      );
    });

    it('gives it the same ids each time, and each its own', () => {
      const idsOf = (): string[] => {
        const { stage, spans } = stageWithTarget(1_000_000);
        gc(stage);
        stage.emit(request());
        stage.emit({ ...request(), spanId: [7, 8] });
        return spans.map((span) => span.spanContext().spanId);
      };
      expect(idsOf()).toEqual(idsOf());
      expect(new Set(idsOf()).size).toBe(waits === 'spans' ? 6 : 2);
    });

    it.each([
      ['of a span within another of its goroutine', { depth: 1 }, 1_000_000],
      ['of a span whose time is not known', { header: makeRecord().header }, 1_000_000],
      ['of a span of another program', { header: { ...request().header, targetId: 4 } }, 1_000_000],
      ['that is shorter than waits that are told', {}, 10_000_000],
      ['where no waits are told', {}, 0],
      ['where recordings do not say which are', {}, undefined],
    ] as const)('does not so %s', (_, more, waitMinNs) => {
      const { stage, spans } = stageWithTarget(waitMinNs);
      stage.take({ ...target, targetId: 4, waitMinNs } as ContextFrame);
      gc(stage);
      stage.emit({ ...request(), ...more });
      expect(spans).toHaveLength(1);
      expect(spans[0]?.events).toEqual([]);
    });

    it('tells it if it is among the longest', () => {
      const { stage, spans } = stageWithTarget(1_000_000);
      for (let count = 0; count < 19; count++) {
        const startKtimeNs = [101, 10_000_000 + count * 4_000_000] as const;
        stage.emit(
          makeWaitRecord({
            spanId: [9, count],
            startKtimeNs,
            endKtimeNs: [101, startKtimeNs[1] + 2_000_000 + count],
          }),
        );
      }
      stage.takersOf().gcStop(makeStopRecord());
      gc(stage);
      stage.emit(request());
      const told = toldOf(spans);
      expect(told).toHaveLength(20);
      expect(told.filter((name) => name.startsWith('gc.'))).toEqual(['gc.cycle 0 9.1', 'gc.stw 0 3']);
      expect(spans[0]?.attributes['goidspan.waits.dropped']).toBe(2);
    });
  });

  it.each(['attributes', 'none'] as const)(
    'tells nothing of the whole program where waits are %s',
    (waits) => {
      const { stage, spans } = stageThatAsks(undefined, waits);
      stage.take({ ...target, waitMinNs: 1 } as ContextFrame);
      stage.takersOf().gcStop(makeStopRecord());
      stage.emit(request());
      expect(spans.map(({ events }) => events)).toEqual([[]]);
    },
  );

  it('says of the scope which conventions its spans follow', () => {
    const { stage, spans } = stageThatAsks();
    stage.scope = { name: 'goidspan', version: '0.1.0' };
    stage.take(target);
    stage.emit(makeRecord({}, { method: 'GET', path: '/' }));
    expect(spans[0]?.instrumentationScope).toEqual({
      name: 'goidspan',
      version: '0.1.0',
      schemaUrl: expect.stringMatching(/^https:\/\/opentelemetry\.io\/schemas\/1\.\d+\.0$/),
    });
  });

  it('counts spans by target and by kind, and what belongs to no target as lost', () => {
    const { stage } = stageThatAsks();
    stage.emit(makeRecord({}, { method: 'GET', path: '/' }));
    stage.emit(makeRecord({ spanKind: spanKind.SPAN_KIND_CLIENT }));
    expect([...stage.countsByTarget].map(([id, { spans }]) => [id, spans])).toEqual([[TARGET_ID, 2]]);
    expect(stage.counters.spans).toEqual({ server: 1, client: 1, internal: 0 });
    stage.take({ kind: 'forget', targetId: TARGET_ID });
    stage.emit(makeRecord());
    expect(stage.counters.lost()).toEqual({ target_unknown: 1 });
  });
});
