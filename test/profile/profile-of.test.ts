import { describe, expect, it } from 'vitest';
import { type CodeFrame, KERNEL_FILE } from '../../src/correlate/code-place.ts';
import type { CodeSample } from '../../src/correlate/code-sample.ts';
import type { SpanFactOf, SpanIdWords } from '../../src/correlate/fact.ts';
import { CodeEvents } from '../../src/profile/code-events.ts';
import { type ProfileOptions, profileOf } from '../../src/profile/profile-of.ts';
import { makeFact, makeSource, makeWaitFact } from '../span/fact.ts';

const source = makeSource();
const traceId = [0x0af76519, 0x16cd43dd, 0x8448eb21, 0x1c80319c] as const;
const frame = (name: string, file = '/src/main.go'): CodeFrame => ({
  function: name,
  file,
  line: 7,
  isInlined: false,
});
const code = { frames: [frame('main.leaf'), frame('main.main')], kernelFrames: [], isCut: false };
const processes: ProfileOptions['processes'] = new Map([[1, { pid: 42, serviceName: 'shop' }]]);

const sample = (more: Partial<CodeSample> = {}): CodeSample => ({
  targetId: 1,
  at: [101, 0],
  periodNs: 10_000_000,
  threadId: 4243,
  goid: 18,
  span: { traceId, spanId: [0, 1] },
  use: 'cpu',
  place: undefined,
  kernelStackId: 0,
  ...more,
});

/** A request (span 1) that is served, a call in it (2), and what another process does for that (3). */
function addSpans(events: CodeEvents): void {
  const span = (
    id: number,
    parent: number | undefined,
    more: Parameters<typeof makeFact>[0] = {},
    route = '',
  ) => {
    const parentSpanId = parent === undefined ? undefined : ([0, parent] as const);
    events.onFact(makeFact({ spanId: [0, id], parentSpanId, ...more }, { pattern: route }), source);
  };
  span(3, 2, { parentIsRemote: true, targetId: 2 }, 'GET /price/{item}');
  span(2, 1, { spanKind: 'client' });
  span(1, undefined, {}, 'GET /checkout/{cart}');
}

const inSpan = (id: number): CodeSample['span'] => ({ traceId, spanId: [0, id] });

function labelsOf(events: CodeEvents, options: Partial<ProfileOptions> = {}) {
  const { profile } = profileOf(events, {}, { processes, ...options });
  return [...profile.samples].map(({ labels }) => labels);
}

describe('a profile of what was seen', () => {
  it('sums up samples and waits by stack, and says of which request they were', () => {
    const events = new CodeEvents();
    for (const at of [0, 1]) events.onSample(sample({ at: [101, at] }), code, source);
    events.onSample(sample({ span: inSpan(2), use: 'gc.assist' }), code, source);
    events.onSample(sample({ span: undefined, goid: 0 }), code, source);
    const wait = makeWaitFact(
      { targetId: 1, parentSpanId: [0, 2], start: [101, 0], end: [101, 2_000_000] },
      { readyNs: 1_500 },
    );
    events.onWait(wait, code, source);
    addSpans(events);
    const { profile, ...counts } = profileOf(events, {}, { processes });
    expect(counts).toEqual({ samples: 4, waits: 1, placed: 5, unknown: 0, cut: 0 });
    const shared = { trace_id: '0af7651916cd43dd8448eb211c80319c', route: 'GET /checkout/{cart}', goid: 18 };
    const [one, two] = ['0000000000000001', '0000000000000002'];
    expect([...profile.samples].map(({ labels, values }) => [labels, values])).toEqual([
      [{ ...shared, span_id: one, state: 'cpu' }, [20_000_000, 2, 0]],
      [{ ...shared, span_id: two, state: 'gc.assist' }, [10_000_000, 1, 0]],
      [{ state: 'cpu' }, [10_000_000, 1, 0]],
      [{ ...shared, span_id: two, state: 'mutex' }, [0, 0, 1_998_500]],
      [{ ...shared, span_id: two, state: 'runnable' }, [0, 0, 1_500]],
    ]);
    expect(profile.frames.map((of) => of.function)).toEqual(['main.leaf', 'main.main']);
  });

  it('names the route of the own process only, and the service where there are several', () => {
    const events = new CodeEvents();
    events.onSample(sample({ targetId: 2, span: inSpan(3) }), code, source);
    addSpans(events);
    const two: ProfileOptions['processes'] = new Map([...processes, [2, { pid: 43, serviceName: 'prices' }]]);
    expect(labelsOf(events, { processes: two })).toEqual([
      expect.objectContaining({ route: 'GET /price/{item}', service: 'prices' }),
    ]);
  });

  it('has no route where the request has not ended', () => {
    const events = new CodeEvents();
    events.onSample(sample(), code, source);
    expect(events.spans.open).toBe(1);
    expect(labelsOf(events)).toEqual([expect.not.objectContaining({ route: expect.anything() })]);
    addSpans(events);
    expect(events.spans.open).toBe(0);
  });

  it('knows a request that ended before what was seen in it was told', () => {
    const events = new CodeEvents();
    addSpans(events);
    events.onSample(sample({ span: inSpan(2) }), code, source);
    expect(events.spans.open).toBe(0);
    expect(labelsOf(events)).toEqual([expect.objectContaining({ route: 'GET /checkout/{cart}' })]);
  });

  it.each([
    ['its whole route', { route: 'GET /checkout/{cart}' }, 2],
    ['its route without the method', { route: '/checkout/{cart}' }, 2],
    ['another route', { route: '/checkout' }, 0],
    ['its trace', { traceId: '0af7651916cd43dd8448eb211c80319c' }, 2],
    ['another trace', { traceId: '0af7651916cd43dd8448eb211c80319d' }, 0],
    ['the span around it', { spanId: '0000000000000001' }, 2],
    ['its own span', { spanId: '0000000000000002' }, 1],
    ['another span', { spanId: '0000000000000003' }, 0],
    ['a route and another span', { route: '/checkout/{cart}', spanId: '0000000000000003' }, 0],
    ['nothing', {}, 3],
  ])('takes in what belongs to %s', (_, filter, samples) => {
    const events = new CodeEvents();
    for (const span of [inSpan(1), inSpan(2), undefined]) events.onSample(sample({ span }), code, source);
    addSpans(events);
    expect(profileOf(events, {}, { processes, filter }).samples).toBe(samples);
  });

  it('takes in what lies in its window, and of a wait as much', () => {
    const events = new CodeEvents();
    for (const nanos of [0, 1_000_000, 3_000_000])
      events.onSample(sample({ at: [101, nanos] }), code, source);
    events.onWait(
      makeWaitFact({ start: [101, 0], end: [101, 5_000_000] }, { readyNs: 2_500_000 }),
      code,
      source,
    );
    const window = { fromNs: 1_000_000, toNs: 3_000_000 };
    const { profile, samples } = profileOf(events, {}, { processes, window });
    expect(samples).toBe(1);
    const waits = [...profile.samples].flatMap(({ values, labels: { state } }) =>
      values[2] ? [[state, values[2]]] : [],
    );
    expect(waits).toEqual([
      ['mutex', 1_500_000],
      ['runnable', 500_000],
    ]);
  });

  it('puts what the kernel did innermost, and says of what the code is not known', () => {
    const events = new CodeEvents();
    const kernelFrames = [frame('vfs_read', KERNEL_FILE)];
    events.onSample(sample(), { ...code, kernelFrames, isCut: true }, source);
    events.onSample(sample(), { frames: [], kernelFrames: [], isCut: false }, source);
    events.onWait(
      makeWaitFact({}, { use: 'preempted' }),
      { frames: [], kernelFrames: [], isCut: false },
      source,
    );
    const { profile, unknown, cut } = profileOf(events, {}, { processes });
    const stacks = [...profile.samples].map(({ stack }) =>
      stack.map((index) => profile.frames[index]?.function),
    );
    expect(stacks.slice(0, 3)).toEqual([
      ['vfs_read', 'main.leaf', 'main.main'],
      ['[unknown]'],
      ['[preempted]'],
    ]);
    expect({ unknown, cut }).toEqual({ unknown: 1, cut: 1 });
  });

  it('is bounded, and counts what there was no room for', () => {
    const events = new CodeEvents(3);
    for (let id = 0; id < 5; id++) events.onSample(sample({ span: inSpan(id + 1) }), code, source);
    expect([events.all.length, events.refused, events.spans.open]).toEqual([3, 2, 3]);
    // Spans in which nothing was seen are kept for a while only.
    const spanIds = Array.from({ length: 70_000 }, (_, id): SpanIdWords => [1, id]);
    for (const spanId of spanIds) events.onFact(makeFact({ spanId }), source);
    expect([...events.spans.all()]).toHaveLength(65_536);
  });

  it('does not follow parents in a circle', () => {
    const events = new CodeEvents();
    events.onSample(sample(), code, source);
    events.onFact(makeFact({ spanId: [0, 1], parentSpanId: [0, 2], spanKind: 'client' }), source);
    events.onFact(makeFact({ spanId: [0, 2], parentSpanId: [0, 1], spanKind: 'client' }), source);
    expect(labelsOf(events)).toEqual([expect.not.objectContaining({ route: expect.anything() })]);
  });

  it('does not take a stop of the world for a wait', () => {
    const events = new CodeEvents();
    const { body: _, ...wait } = makeWaitFact();
    const stop = { ...wait, body: { window: 'gc.cycle' } } as SpanFactOf<'wait'>;
    events.onWait(stop, code, source);
    expect(events.all).toEqual([]);
  });
});
