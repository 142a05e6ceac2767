import { describe, expect, it } from 'vitest';
import { type CodeFrame, type CodePlace, KERNEL_FILE, KERNEL_ID } from '../../src/correlate/code-place.ts';
import type { CodeSink } from '../../src/stage/code-sink.ts';
import { SpanStage } from '../../src/stage/span-stage.ts';
import { stackFlag } from '../../src/wire/wire.gen.ts';
import { makeRecord, makeSampleRecord, makeStackRecord, makeWaitRecord } from '../correlate/record.ts';

const TARGET_ID = 3;
const target = {
  kind: 'target',
  targetId: TARGET_ID,
  pid: 42,
  exe: '/srv/app',
  serviceName: 'app',
  attributes: { 'service.name': 'app' },
} as const;
const frames = (...names: readonly string[]): CodeFrame[] =>
  names.map((name) => ({ function: name, file: '/src/main.go', line: 7, isInlined: false }));
const inKernel: CodeFrame = { function: 'vfs_read', file: KERNEL_FILE, line: 0, isInlined: false };

interface Asked {
  readonly place: CodePlace;
  readonly pcs: readonly number[];
}

/** What its code sink is told, as text. */
function stageOf(options: { readonly hasSink?: boolean; readonly asksAllCode?: boolean } = {}) {
  const { hasSink = true, asksAllCode } = options;
  const asked: Asked[] = [];
  const told: string[] = [];
  const text = (
    kind: string,
    use: string,
    { frames: of, kernelFrames, isCut }: Parameters<CodeSink['onSample']>[1],
  ) =>
    told.push(
      [
        kind,
        use,
        [...kernelFrames, ...of].map(({ function: name }) => name).join(),
        ...(isCut ? ['cut'] : []),
      ].join(' '),
    );
  const codeSink: CodeSink = {
    onSample: (sample, code) => void text('sample', sample.use, code),
    onWait: (wait, code) => void text('wait', 'use' in wait.body ? wait.body.use : '', code),
    onFact: ({ family }) => void told.push(family),
  };
  const stage = new SpanStage({
    processors: [],
    asksAllCode,
    askCode: (place, pcs) => asked.push({ place, pcs }),
    ...(hasSink && { codeSink }),
  });
  stage.take(target);
  return { stage, takers: stage.takersOf(), asked, told };
}

describe('who takes what is seen of the code', () => {
  it('is told of a sample once all its code is known, and asks once for what is the same', () => {
    const { stage, takers, asked, told } = stageOf();
    takers.stack(makeStackRecord(11, [0x402000, 0x403000], stackFlag.STACK_FLAG_CUT));
    takers.stack(makeStackRecord(13, [0x8100, 0x8200], stackFlag.STACK_FLAG_KERNEL));
    for (let count = 0; count < 2; count++)
      takers.sample(makeSampleRecord({ stackId: 11, kernelStackId: 13 }));
    const [place, kernelPlace] = [
      { targetId: TARGET_ID, pc: 0x401000, link: 0, stackId: 11 },
      { targetId: KERNEL_ID, pc: 0, link: 0, stackId: 13 },
    ];
    expect(asked).toEqual([
      { place, pcs: [0x402000, 0x403000] },
      { place: kernelPlace, pcs: [0x8100, 0x8200] },
    ]);
    stage.take({ kind: 'code', place, frames: frames('main.leaf', 'main.main') });
    expect(told).toEqual([]);
    stage.take({ kind: 'code', place: kernelPlace, frames: [inKernel] });
    takers.sample(makeSampleRecord({ stackId: 11 }));
    expect(told).toEqual([
      ...['sample cpu vfs_read,main.leaf,main.main cut', 'sample cpu vfs_read,main.leaf,main.main cut'],
      'sample cpu main.leaf,main.main cut',
    ]);
    expect(asked).toHaveLength(2);
  });

  it('is told of waits, those that are told nowhere else too, and of spans', () => {
    const { stage, takers, told } = stageOf();
    const wait = { pc: 0x401000, link: 0, stackId: 0, wakerStackId: 0 };
    for (let count = 0; count < 23; count++) takers.spanEnd(makeWaitRecord({ spanId: [9, count], wait }));
    const place = { targetId: TARGET_ID, pc: 0x401000, link: 0, stackId: 0 };
    stage.take({ kind: 'code', place, frames: frames('runtime.gopark') });
    expect(told).toEqual(new Array(23).fill('wait mutex runtime.gopark'));
    takers.spanEnd(makeRecord({}, { method: 'GET', path: '/' }));
    expect(told.slice(23).sort()).toEqual(['http', ...new Array(20).fill('wait')]);
  });

  it('gets without code what will not be known any more', () => {
    const { stage, takers, told } = stageOf();
    takers.sample(makeSampleRecord());
    takers.sample(makeSampleRecord({ pc: 0 }));
    expect(told).toEqual(['sample cpu ']);
    stage.take({ kind: 'forget', targetId: TARGET_ID });
    expect(told).toEqual(['sample cpu ', 'sample cpu ']);
    takers.sample(makeSampleRecord());
    expect(told).toHaveLength(2);
  });

  it('need not be there for all code to be asked for, as a recorder wants', () => {
    const record = makeSampleRecord({ kernelStackId: 13 });
    const [asking, silent] = [stageOf({ hasSink: false, asksAllCode: true }), stageOf({ hasSink: false })];
    for (const { takers } of [asking, silent]) takers.sample(record);
    expect(asking.asked.map(({ place }) => place.targetId)).toEqual([TARGET_ID, KERNEL_ID]);
    expect(silent.asked).toEqual([]);
  });
});
