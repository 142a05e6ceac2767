import { describe, expect, it } from 'vitest';
import type { CodeFrame } from '../../src/correlate/code-place.ts';
import type { CodeSample } from '../../src/correlate/code-sample.ts';
import type { SpanFact } from '../../src/correlate/fact.ts';
import { RequestCode } from '../../src/profile/request-code.ts';
import { makeFact, makeSource, makeWaitFact, timeOf } from '../span/fact.ts';

const source = makeSource();
const { traceId } = makeFact();
const frame = (name: string): CodeFrame => ({
  function: name,
  file: '/src/main.go',
  line: 7,
  isInlined: false,
});
const code = {
  frames: [frame('runtime.gopark'), frame('main.leaf'), frame('main.main')],
  kernelFrames: [],
  isCut: false,
};
const unknown = { ...code, frames: [] };

const sampleIn = (id: number): CodeSample => ({
  targetId: 1,
  at: [101, 0],
  periodNs: 10_000_000,
  threadId: 4243,
  goid: 18,
  span: { traceId, spanId: [0, id] },
  use: 'cpu',
  place: undefined,
  kernelStackId: 0,
});

const request = (id: number, more: Partial<SpanFact> = {}): SpanFact => ({
  ...makeFact({ spanId: [0, id], time: timeOf({ cpu: 1_000 }) }, { pattern: 'GET /items' }),
  ...(more as object),
});

/** Requests, and per function its use, how often it was seen, and nanoseconds. */
function seenOf(requests: RequestCode) {
  const routes = requests.byRoute((targetId, route) => `${targetId} ${route}`);
  return (
    routes &&
    [...routes].map(([key, of]) => [
      key,
      of.requests,
      ...[...of.functions().values()].map(({ use, frame: { function: name }, hits, ns }) => [
        use,
        name,
        hits,
        ns,
      ]),
    ])
  );
}

describe('the code of requests', () => {
  it('is that of all that was seen in them and in their calls, by route', () => {
    const requests = new RequestCode();
    requests.onSample(sampleIn(1), code, source);
    requests.onSample(sampleIn(3), code, source);
    requests.onSample(sampleIn(1), unknown, source);
    requests.onSample({ ...sampleIn(1), span: undefined }, code, source);
    const wait = makeWaitFact({ parentSpanId: [0, 1], end: [101, 2_000_000] }, { readyNs: 500_000 });
    requests.onWait(wait, code, source);
    requests.onWait(makeWaitFact({ parentSpanId: [0, 1] }, { use: 'runnable' }), code, source);
    requests.onFact(makeFact({ spanId: [0, 3], spanKind: 'client', parentSpanId: [0, 1] }), source);
    for (const id of [1, 2]) requests.onFact(request(id), source);
    expect(seenOf(requests)).toEqual([
      ['1 GET /items', 2, ['cpu', 'main.leaf', 2, 20_000_000], ['wait', 'main.leaf', 1, 1_500_000]],
    ]);
  });

  it('leaves out requests that were not watched as deep all the time', () => {
    const requests = new RequestCode();
    for (const id of [1, 2, 3]) requests.onSample(sampleIn(id), code, source);
    requests.onFact(request(1, { level: 'waits' }), source);
    requests.onFact(request(2, { time: undefined }), source);
    requests.onFact(request(3), source);
    expect(seenOf(requests)).toEqual([['1 GET /items', 1, ['cpu', 'main.leaf', 1, 10_000_000]]]);
  });

  it('is unknown where no code is known', () => {
    const requests = new RequestCode();
    requests.onSample(sampleIn(1), unknown, source);
    requests.onFact(request(1), source);
    expect(seenOf(requests)).toBeUndefined();
  });

  it('is that of the first requests where there are too many, and all of it', () => {
    const [full, many] = [new RequestCode(3), new RequestCode(3)];
    for (let id = 1; id < 6; id++) {
      for (const _ of [1, 2]) full.onSample(sampleIn(id), code, source);
      if (id === 1) many.onSample(sampleIn(id), code, source);
      for (const requests of [full, many]) requests.onFact(request(id), source);
    }
    expect(seenOf(full)).toEqual([['1 GET /items', 1, ['cpu', 'main.leaf', 2, 20_000_000]]]);
    expect(seenOf(many)).toEqual([['1 GET /items', 3, ['cpu', 'main.leaf', 1, 10_000_000]]]);
  });
});
