import { describe, expect, it } from 'vitest';
import { chromeTrace, traceEvents } from '../../src/profile/chrome-trace.ts';
import { CodeEvents } from '../../src/profile/code-events.ts';
import { makeFact, makeSource, makeWaitFact } from '../span/fact.ts';

const source = makeSource();
const code = {
  frames: [{ function: 'main.leaf', file: '/src/main.go', line: 7, isInlined: false }],
  kernelFrames: [{ function: 'vfs_read', file: '[kernel]', line: 0, isInlined: false }],
  isCut: false,
};
const processes = new Map([[1, { pid: 42, serviceName: 'shop' }]]);

function seen(): CodeEvents {
  const events = new CodeEvents();
  const { traceId, spanId, goid } = makeFact();
  const sample = {
    targetId: 1,
    periodNs: 10_000_000,
    threadId: 7,
    use: 'cpu',
    place: undefined,
    kernelStackId: 1,
  } as const;
  events.onSample({ ...sample, at: [101, 1_500_001], goid, span: { traceId, spanId } }, code, source);
  events.onSample({ ...sample, at: [101, 2], goid: 0 }, { ...code, frames: [], kernelFrames: [] }, source);
  events.onWait(makeWaitFact(), code, source);
  events.onFact(makeFact({}, { pattern: 'GET /items/{id}' }), source);
  return events;
}

describe('a trace for Chrome', () => {
  it('has a track for each goroutine, with its spans, the waits in them and where it was on a processor', () => {
    const { originNs, events } = traceEvents(seen(), { processes });
    expect(originNs).toBe(-1_501_001);
    const ids = { trace_id: '0af7651916cd43dd8448eb211c80319c', span_id: '00f067aa0ba902b7' };
    const stack = 'vfs_read ([kernel])\nmain.leaf (/src/main.go:7)';
    const [goroutine, none] = [
      { pid: 42, tid: 18 },
      { pid: 42, tid: 2 ** 31 - 1 },
    ];
    expect(events).toEqual([
      { name: 'process_name', ph: 'M', pid: 42, tid: 42, args: { name: 'shop' } },
      { name: 'thread_name', ph: 'M', ...goroutine, args: { name: 'goroutine 18' } },
      { name: 'thread_name', ph: 'M', ...none, args: { name: 'no goroutine' } },
      {
        name: 'GET /items/{id}',
        cat: 'span',
        ph: 'X',
        ...goroutine,
        ts: 0,
        dur: 1_000_001.5,
        args: ids,
      },
      {
        ...{ name: 'wait mutex', cat: 'wait', ph: 'X', ...goroutine, ts: 1, dur: 2000 },
        args: { stack, ...ids, route: 'GET /items/{id}' },
      },
      { name: 'cpu', cat: 'sample', ph: 'i', s: 't', ...none, ts: 1.002, args: { state: 'cpu' } },
      {
        ...{ name: 'vfs_read', cat: 'sample', ph: 'i', s: 't', ...goroutine, ts: 1501.001 },
        args: { stack, ...ids, route: 'GET /items/{id}', state: 'cpu' },
      },
    ]);
  });

  it('is of the form that is documented', () => {
    const { traceEvents: written, ...rest } = JSON.parse([...chromeTrace(seen(), { processes })].join(''));
    expect(rest).toEqual({ displayTimeUnit: 'ns', otherData: { 'start (Unix)': '1700000100.999999000' } });
    expect(written).toEqual(traceEvents(seen(), { processes }).events);
    const known: Record<string, readonly string[]> = {
      M: ['name', 'ph', 'pid', 'tid', 'args'],
      X: ['name', 'cat', 'ph', 'pid', 'tid', 'ts', 'dur', 'args'],
      i: ['name', 'cat', 'ph', 's', 'pid', 'tid', 'ts', 'args'],
    };
    for (const event of written) {
      expect(Object.keys(event).sort()).toEqual([...(known[event.ph] ?? [])].sort());
      for (const number of [event.pid, event.tid]) expect(Number.isSafeInteger(number)).toBe(true);
    }
  });

  it('holds what was asked for', () => {
    const filter = { traceId: '0af7651916cd43dd8448eb211c80319c' };
    const names = traceEvents(seen(), { processes, filter }).events.map(({ name }) => name);
    expect(names).toEqual(['process_name', 'thread_name', 'GET /items/{id}', 'wait mutex', 'vfs_read']);
    const none = traceEvents(seen(), { processes, filter: { route: '/other' } });
    expect(none.events.map(({ name }) => name)).toEqual(['process_name']);
    expect(JSON.parse([...chromeTrace(new CodeEvents(), { processes: new Map() })].join(''))).toMatchObject({
      traceEvents: [],
    });
  });
});
