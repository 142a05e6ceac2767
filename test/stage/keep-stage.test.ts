/** Kept traces through the whole stage: what their spans say. */
import { describe, expect, it } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { RecordStage, type StageMessage, type StageSettings } from '../../src/stage/record-stage.ts';
import { spanFlag } from '../../src/wire/wire.gen.ts';
import { ALL_SAMPLED, batchWith, rawChild, rawRoot, traceIdOf } from './keep-traces.ts';

const LAST = traceIdOf(1, 0);
const FIRST = traceIdOf(2, 1);

function staging(settings: Partial<StageSettings> = {}) {
  const spans: ReadableSpan[] = [];
  const nothing = async (): Promise<void> => {};
  const processor = {
    onEnd: (span: ReadableSpan) => void spans.push(span),
    forceFlush: nothing,
    shutdown: nothing,
  };
  const told: StageMessage[] = [];
  const stage = new RecordStage(
    [processor],
    {
      scope: { name: 'goidspan' },
      keep: { rules: { slow: true, error: true, ratio: 0.01 }, sampler: ALL_SAMPLED },
      ...settings,
    },
    (message) => told.push(message),
  );
  stage.take({
    ...{ kind: 'target', targetId: 1, pid: 42, exe: '/srv/app', serviceName: 'app' },
    attributes: { 'service.name': 'app' },
  });
  const said = () =>
    spans.map((span) => [
      span.name,
      span.attributes['goidspan.kept'],
      span.spanContext().traceState?.serialize(),
    ]);
  return { stage, spans, said, told };
}

describe('the spans of a kept trace', () => {
  it('say why it is kept, and how many it stands for', () => {
    const { stage, said } = staging();
    stage.takeBatch(
      batchWith(
        rawChild({ id: 2, parent: 1, trace: LAST }),
        rawChild({ id: 3, parent: 2, trace: LAST, isWait: true }),
        rawRoot({ id: 1, trace: LAST, status: 500 }),
        rawChild({ id: 12, parent: 11, trace: FIRST }),
        rawRoot({ id: 11, trace: FIRST, isRemote: true, traceState: 'v=1,ot=th:8' }),
        rawRoot({ id: 21, trace: LAST }),
      ),
    );
    expect(said()).toEqual([
      ['GET', 'error', 'ot=th:0'],
      ['GET /', 'error', 'ot=th:0'],
      ['GET', 'ratio', 'ot=th:feb851eb851eb8'],
      ['GET /', 'ratio', 'ot=th:feb851eb851eb8,v=1'],
    ]);
    expect(stage.report()).toMatchObject({ notKept: 1, spans: { server: 2, client: 2 }, lost: {} });
  });

  it('say so also where they are waits', () => {
    const { stage, said } = staging();
    stage.takeBatch(
      batchWith(
        rawChild({ id: 3, parent: 1, trace: LAST, isWait: true }),
        rawRoot({ id: 1, trace: LAST, status: 500 }),
      ),
    );
    expect(said()).toEqual([
      ['GET /', 'error', 'ot=th:0'],
      ['wait mutex', 'error', 'ot=th:0'],
    ]);
  });

  it('say nothing of it where all are kept', () => {
    const { stage, said } = staging({ keep: undefined });
    stage.takeBatch(batchWith(rawRoot({ id: 1, trace: LAST, status: 500 })));
    expect(said()).toEqual([['GET /', undefined, undefined]]);
  });
});

it('takes what is usual for a route from all requests, for the verdicts on those that are kept', () => {
  const { stage, spans } = staging();
  const time = { flags: spanFlag.SPAN_FLAG_TIME };
  const took = (id: number, ms: number) => rawRoot({ id, trace: LAST, ms, more: time });
  for (let id = 1; id <= 60; id++) stage.takeBatch(batchWith(took(id, 2)));
  expect(spans).toEqual([]);
  // Where that were not known, it would be as slow as any.
  stage.takeBatch(batchWith(took(100, 40)));
  expect(spans.map(({ attributes }) => attributes['goidspan.kept'])).toEqual(['slow']);
});

describe('what waits for its root', () => {
  it('is decided on when its target is forgotten, before that', () => {
    const { stage, said } = staging();
    stage.takeBatch(
      batchWith(rawChild({ id: 2, parent: 1, trace: FIRST }), rawChild({ id: 12, parent: 11, trace: LAST })),
    );
    stage.take({ kind: 'forget', targetId: 1 });
    expect(said()).toEqual([['GET', 'ratio', 'ot=th:fd70a3d70a3d71']]);
    expect(stage.report().lost).toEqual({ keep_undecided: 1 });
  });

  it('is decided on when nothing comes any more', () => {
    const { stage, said } = staging();
    stage.takeBatch(batchWith(rawChild({ id: 2, parent: 1, trace: FIRST })));
    expect(said()).toEqual([]);
    stage.finish();
    expect(said()).toHaveLength(1);
  });

  it('goes with a root that is ended from outside, which has failed', () => {
    const { stage, spans } = staging();
    stage.takeBatch(batchWith(rawChild({ id: 2, parent: 1, trace: LAST })));
    const bytes = Uint8Array.from(
      rawRoot({ id: 1, trace: LAST, more: { end_ktime_ns: 0, ending: 0 } }),
    ).buffer;
    stage.take({ kind: 'span', end: [1_000_100, 0], ending: 'process_exited', bytes });
    expect(spans.map(({ attributes }) => attributes['goidspan.span.ending'])).toEqual([
      undefined,
      'process_exited',
    ]);
    expect(spans.map(({ attributes }) => attributes['goidspan.kept'])).toEqual(['error', 'error']);
  });
});
