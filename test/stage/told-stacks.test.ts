import { describe, expect, it } from 'vitest';
import type { CodePlace } from '../../src/correlate/code-place.ts';
import type { SpanIdWords } from '../../src/correlate/fact.ts';
import type { SpanStacks } from '../../src/span/span-stacks.ts';
import { SpanStage } from '../../src/stage/span-stage.ts';
import { timeUse } from '../../src/wire/wire.gen.ts';
import { makeRecord, makeSampleRecord, makeWaitRecord } from '../correlate/record.ts';

const TARGET_ID = 3;
const SPAN: SpanIdWords = [0x00f067aa, 0x0ba902b7];
const attributes = { 'service.name': 'app' };
const target = {
  kind: 'target',
  targetId: TARGET_ID,
  pid: 42,
  exe: '/srv/app',
  serviceName: 'app',
  attributes,
} as const;
const at = (pc: number): CodePlace => ({ targetId: TARGET_ID, pc, link: 0, stackId: 0 });

/** Its sink takes stacks; what it is told in short. */
function stageOf() {
  const asked: CodePlace[] = [];
  const told: SpanStacks[] = [];
  const sink = { onFact: () => {}, stacks: { onStacks: (stacks: SpanStacks) => void told.push(stacks) } };
  const stage = new SpanStage({ processors: [sink], askCode: (place) => asked.push(place) });
  stage.take(target);
  const name = (pc: number, function_: string): void =>
    stage.take({
      kind: 'code',
      place: at(pc),
      frames: [{ function: function_, file: '/m.go', line: pc, isInlined: false }],
    });
  const short = () =>
    told.map(({ spanId, seen }) => ({
      spanId,
      seen: seen.map(({ use, isSample, count, ns, frames }) => [
        use,
        isSample,
        count,
        ns,
        frames[0]?.function,
      ]),
    }));
  return { stage, takers: stage.takersOf(), asked, name, short, told };
}

const wait = (pc: number) => ({
  pc,
  link: 0,
  stackId: 0,
  wakerStackId: 0,
  readyNs: 500_000,
  use: timeUse.TIME_MUTEX,
});

describe('where a span was seen in its code', () => {
  it('is told when it has ended and all of the code is known, summed up by place, shorter waits too', () => {
    const { takers, name, short } = stageOf();
    for (const pc of [0x10, 0x10, 0x20]) takers.sample(makeSampleRecord({ pc }));
    // More than are told as spans.
    for (let count = 0; count < 25; count++)
      takers.spanEnd(makeWaitRecord({ spanId: [9, count], parentSpanId: SPAN, wait: wait(0x30) }));
    name(0x10, 'main.burn');
    takers.spanEnd(makeRecord({}, { method: 'GET', path: '/' }));
    expect(short()).toEqual([]);
    name(0x20, 'main.other');
    name(0x30, 'main.lock');
    expect(short()).toEqual([
      {
        spanId: '00f067aa0ba902b7',
        seen: [
          ['cpu', true, 2, 20_000_000, 'main.burn'],
          ['cpu', true, 1, 10_000_000, 'main.other'],
          ['mutex', false, 25, 25 * 1_500_000, 'main.lock'],
          ['runnable', false, 25, 25 * 500_000, 'main.lock'],
        ],
      },
    ]);
  });

  it('is not asked for of spans that have not ended, nor of waits without any code', () => {
    const { takers, asked, short } = stageOf();
    takers.sample(makeSampleRecord({ spanId: [1, 1] }));
    takers.spanEnd(makeWaitRecord({ parentSpanId: SPAN, wait: { ...wait(0) } }));
    takers.spanEnd(makeRecord({}, { method: 'GET', path: '/' }));
    expect(asked.filter(({ pc }) => pc === 0x401000)).toEqual([]);
    expect(short()).toEqual([]);
  });

  it('is told without code that will not be known any more', () => {
    const { stage, takers, short } = stageOf();
    takers.sample(makeSampleRecord());
    takers.spanEnd(makeRecord({}, { method: 'GET', path: '/' }));
    stage.finish();
    expect(short()).toEqual([
      { spanId: '00f067aa0ba902b7', seen: [['cpu', true, 1, 10_000_000, undefined]] },
    ]);
  });

  it('is bounded: of one span its first places, of all the newest spans, and both are counted', () => {
    const { stage, takers, told } = stageOf();
    for (let pc = 1; pc <= 300; pc++) takers.sample(makeSampleRecord({ pc }));
    takers.spanEnd(makeRecord({}, { method: 'GET', path: '/' }));
    stage.finish();
    expect(told[0]?.seen).toHaveLength(256);
    expect(told[0]?.left).toBe(44);

    takers.sample(makeSampleRecord());
    for (let span = 0; span < 257; span++)
      for (let pc = 1; pc <= 256; pc++) takers.sample(makeSampleRecord({ pc, spanId: [5, span] }));
    takers.spanEnd(makeRecord({}, { method: 'GET', path: '/' }));
    stage.finish();
    expect(told).toHaveLength(1);
    expect(stage.counters.lost()).toEqual({ stacks_given_up: 1 });
  });
});
