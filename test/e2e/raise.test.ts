/** A route that becomes slow: its program is looked at deeper for a minute, and says why its requests are slow; then no more. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import type { TracerEvent } from '../../src/tracer/api.ts';
import { describeLive } from '../support/capabilities.ts';
import { eventually } from '../support/child.ts';
import { byThread, isServer } from '../support/traced-server.ts';
import { WaitsServer, waitsBuild } from '../support/waits-server.ts';

const timeout = 300_000;
/** Others may want the processors. */
const retry = 1;
const second = 1_000;

describeLive('a route that becomes slow', () => {
  it('lets its program be looked at deeper for a minute', { timeout, retry }, async (context) => {
    const waits = await WaitsServer.during(context, waitsBuild('local-plain'), { name: '', faults: [] });
    const events: TracerEvent[] = [];
    const traced = await waits.traceDuring(
      context,
      {
        level: 'spans',
        raise: 'cpu',
        budget: 0.5,
        onEvent: (event) => void events.push(event),
      },
      byThread,
    );
    const load = new Load(waits);
    context.onTestFinished(() => load.stop());
    // What is usual is known after a minute.
    await sleep(70 * second);
    expect(raisesOf(events)).toEqual([]);
    load.sleepMs = 150;
    await eventually('level cpu', 20 * second, () => events.find(({ kind }) => kind === 'raised'));
    const raisedAt = Date.now();
    expect(raisesOf(events)).toEqual([
      {
        kind: 'raised',
        target: expect.objectContaining({ pid: waits.server.pid }),
        // Its path: it says no patterns, since its go.mod names an older Go.
        route: 'GET /sleep',
        p99Millis: expect.any(Number),
        usualMillis: expect.any(Number),
        level: 'cpu',
        seconds: 60,
      },
    ]);
    expect(traced.tracer.currentStats().budget).toMatchObject({ level: 'cpu', asked: 'cpu' });
    await sleep(10 * second);
    load.sleepMs = 10;
    await eventually('level spans', 70 * second, () => events.find(({ kind }) => kind === 'raise_ended'));
    const endedAt = Date.now();
    expect(endedAt - raisedAt).toBeGreaterThan(55 * second);
    expect(raisesOf(events).slice(1)).toEqual([{ kind: 'raise_ended', level: 'spans' }]);
    expect(traced.tracer.currentStats().budget).toMatchObject({ level: 'spans', asked: 'spans' });
    await sleep(3 * second);
    await load.stop();
    const { lost } = await traced.stop();
    expect(lost).toMatchObject({ total: 0 });

    const requests = traced.spans.filter(isServer);
    expect(requests).toHaveLength(load.asked);
    // At the very change spans may say either.
    const [before, meanwhile, after] = [
      requests.filter((span) => endOf(span) < raisedAt - 10 * second),
      requests.filter((span) => startOf(span) > raisedAt + second && endOf(span) < endedAt - 2 * second),
      requests.filter((span) => startOf(span) > endedAt + second),
    ] as const;
    for (const { attributes } of [...before, ...after]) {
      expect(attributes).not.toHaveProperty('goidspan.level');
      expect(attributes).not.toHaveProperty('goidspan.breakdown');
    }
    for (const { attributes } of meanwhile) {
      expect(attributes['goidspan.level']).toBe('cpu');
      expect(attributes).toHaveProperty('goidspan.breakdown');
    }
    expect(Math.min(before.length, meanwhile.length, after.length)).toBeGreaterThan(100);
    const slow = meanwhile.filter((span) => endOf(span) - startOf(span) >= 150);
    const sentences = slow.map(({ attributes }) => String(attributes['goidspan.verdict']));
    expect(slow.length).toBeGreaterThan(100);
    expect(
      sentences.filter((sentence) => /in time\.Sleep in main\.\S+ \(channels\.go:\d+\)$/.test(sentence))
        .length,
      sentences[0],
    ).toBeGreaterThan(0.95 * slow.length);
  });
});

const raisesOf = (events: readonly TracerEvent[]): TracerEvent[] =>
  events.filter(({ kind }) => kind === 'raised' || kind === 'raise_ended');

const millis = ([seconds, nanos]: ReadableSpan['startTime']): number => seconds * 1e3 + nanos / 1e6;
const startOf = (span: ReadableSpan): number => millis(span.startTime);
const endOf = (span: ReadableSpan): number => millis(span.endTime);

/** Eight clients of one route, until it is stopped. */
class Load {
  sleepMs = 10;
  asked = 0;
  #isOver = false;
  readonly #clients: Promise<void>;

  constructor(waits: WaitsServer) {
    const client = async (): Promise<void> => {
      while (!this.#isOver) {
        this.asked++;
        await waits.server.get(`/sleep?ms=${this.sleepMs}`);
        await sleep(30);
      }
    };
    this.#clients = Promise.all(Array.from({ length: 8 }, client)).then(() => {});
  }

  stop(): Promise<void> {
    this.#isOver = true;
    return this.#clients;
  }
}
