/** What a program's collector did, and when its world was stopped, in the spans of real requests. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { expect, it, type TestContext } from 'vitest';
import { Recorder } from '../../src/recording/recorder.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import type { WaitForm } from '../../src/span/wait-form.ts';
import type { TracerOptions } from '../../src/tracer/api.ts';
import { replay } from '../../src/tracer/replay.ts';
import { durationNs } from '../support/breakdown.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { temporaryFolder } from '../support/command.ts';
import type { GoBuild } from '../support/go-build.ts';
import { byThread, collecting, idOf, parentOf, TracedServer } from '../support/traced-server.ts';
import { isWindow } from '../support/valid-readable-span.ts';
import { WaitsServer, waitsBuild } from '../support/waits-server.ts';

const timeout = 300_000;
/** Others may want the processors. */
const retry = 2;
const build = waitsBuild('local');
/** Go before 1.21 does not say why the world is stopped. */
const oldest = waitsBuild('1.19-plain', { go: '1.19' });
/** Collects only when it is told to. */
const uncollected = { name: 'without a collector', env: { GOGC: 'off' }, faults: [] };
const about = { version: '0.1.0', startedAt: '', scope: { name: 'goidspan', version: '0.1.0' }, about: {} };

async function trace(
  context: TestContext,
  options: Partial<TracerOptions> = {},
  by = collecting,
  of: GoBuild = build,
) {
  const waits = await WaitsServer.during(context, of, uncollected);
  const traced = await TracedServer.of(waits.server, { level: 'runtime', ...options }, by);
  context.onTestFinished(() => traced.tracer.close().then(() => {}));
  return { waits, traced };
}

const nanosOf = ([seconds, nanos]: ReadableSpan['startTime']): bigint =>
  BigInt(seconds) * 1_000_000_000n + BigInt(nanos);

/** The children of a span that tell of the whole program; each must lie within it. */
function windowsOf(traced: TracedServer, span: ReadableSpan): ReadableSpan[] {
  const windows = traced.spans.filter((other) => isWindow(other) && parentOf(other) === idOf(span));
  for (const { startTime, endTime } of windows) {
    expect(nanosOf(startTime)).toBeGreaterThanOrEqual(nanosOf(span.startTime));
    expect(nanosOf(endTime)).toBeLessThanOrEqual(nanosOf(span.endTime));
  }
  return windows;
}

const endOf = ({ spans }: TracedServer, id: string | undefined): ReadableSpan['endTime'] | undefined =>
  spans.find((span) => idOf(span) === id)?.endTime;

describeWith([kernel, go], 'a span that the runtime has hit', () => {
  it.for([
    ['made here', collecting],
    ['made by the draining thread', byThread],
  ] as const)(
    '%s, says when the world was stopped, why and by whom',
    { timeout, retry },
    async ([, by], context) => {
      const { waits, traced } = await trace(context, {}, by);
      const sleeping = waits.ask('/sleep?ms=1500');
      await waits.ask('/collect?mib=1');
      const dumped = await waits.ask('/heapdump?mib=64');
      const [own, other] = [
        (await traced.request(dumped.id, 0)).server,
        (await traced.request((await sleeping).id, 0)).server,
      ];
      const reason = 'write heap dump';
      const stopsOf = (span: ReadableSpan): ReadableSpan[] =>
        windowsOf(traced, span).filter(({ attributes }) => attributes['goidspan.stop.reason'] === reason);
      const [stop] = stopsOf(own);
      expect(stop).toMatchObject({ name: 'gc.stw', kind: 0 });
      expect(stop?.attributes).toEqual({
        'goidspan.stop.reason': reason,
        'goidspan.stop.goid': own.attributes['goidspan.goid'],
        'goidspan.goid': own.attributes['goidspan.goid'],
        'goidspan.parent_goid': own.attributes['goidspan.parent_goid'],
      });
      const [truth, told] = [dumped.truth['gc.stw'] ?? 0, durationNs(stop as ReadableSpan)];
      expect(truth).toBeGreaterThan(1e6);
      expect(Math.abs(told - truth) / truth, `${told} ns of ${truth}`).toBeLessThan(0.1);
      // The same, to the nanosecond, in the other that it hit.
      const seen = stopsOf(other);
      expect(seen.map(({ startTime, endTime }) => [startTime, endTime])).toEqual([
        [stop?.startTime, stop?.endTime],
      ]);
      expect(seen[0]?.attributes['goidspan.stop.goid']).toBe(own.attributes['goidspan.goid']);
      expect((await traced.stop()).lost.total).toBe(0);
    },
  );

  it('says when the collector worked, from its first stop to its last', {
    timeout,
    retry,
  }, async (context) => {
    const { waits, traced } = await trace(context, { waitMinMillis: 0.001 });
    const asked = await waits.ask('/collect?mib=64');
    const { server } = await traced.request(asked.id, 0);
    const windows = windowsOf(traced, server);
    const cycles = windows.filter(({ name }) => name === 'gc.cycle');
    expect(cycles).toHaveLength(1);
    const [cycle] = cycles;
    const truth = asked.truth['gc.cycle'] ?? 0;
    const told = durationNs(cycle as ReadableSpan);
    expect(told).toBeGreaterThan(1e6);
    expect(told).toBeLessThan(truth);
    const stopFor = (reason: string): ReadableSpan | undefined =>
      windows.find(({ attributes }) => attributes['goidspan.stop.reason'] === reason);
    expect(stopFor('GC sweep termination')?.startTime).toEqual(cycle?.startTime);
    expect(stopFor('GC mark termination')?.endTime).toEqual(cycle?.endTime);
    expect(cycle?.attributes).toEqual({
      'goidspan.goid': server.attributes['goidspan.goid'],
      'goidspan.parent_goid': server.attributes['goidspan.parent_goid'],
    });
    expect((await traced.stop()).lost.total).toBe(0);
  });

  it('says so also if it ends while the collector works', { timeout, retry }, async (context) => {
    const { waits, traced } = await trace(context);
    const collected = waits.ask('/collect?mib=256');
    let hit: ReadableSpan | undefined;
    for (let isOver = false; !isOver && hit === undefined; ) {
      isOver = await Promise.race([collected.then(() => true), waits.ask('/sleep?ms=5').then(() => false)]);
      await traced.settle();
      hit = traced.spans.find(
        (span) => span.name === 'gc.cycle' && String(span.endTime) === String(endOf(traced, parentOf(span))),
      );
    }
    expect(hit).toBeDefined();
    await collected;
    expect((await traced.stop()).lost.total).toBe(0);
  });

  it('says no reason, and nothing of cycles, of a program built with Go 1.19', {
    timeout,
    retry,
  }, async (context) => {
    const { waits, traced } = await trace(context, {}, collecting, oldest);
    const dumped = await waits.ask('/heapdump?mib=64');
    const { server } = await traced.request(dumped.id, 0);
    const windows = windowsOf(traced, server);
    expect(windows.length).toBeGreaterThan(0);
    for (const { name, attributes } of windows) {
      expect(name).toBe('gc.stw');
      expect(attributes).not.toHaveProperty('goidspan.stop.reason');
    }
    expect((await traced.stop()).lost.total).toBe(0);
  });

  it('says nothing of it at level waits', { timeout }, async (context) => {
    const { waits, traced } = await trace(context, { level: 'waits' });
    const { id } = await waits.ask('/heapdump?mib=16');
    await traced.request(id, 0);
    expect(traced.spans.filter(isWindow)).toEqual([]);
    expect((await traced.stop()).lost.total).toBe(0);
  });

  it.for(['spans', 'events'] as const)(
    'says the same again when it is replayed, as %s',
    { timeout, retry },
    async (form, context) => {
      const path = join(await temporaryFolder(), 'a.rec');
      const recorder = Recorder.create(path, about, (error) => expect.fail(error.message));
      const { waits, traced } = await trace(context, { recorder, waits: form, waitMinMillis: 0.05 });
      const others = Array.from({ length: 4 }, () => waits.ask('/sleep?ms=300'));
      await waits.ask('/heapdump?mib=16');
      await waits.ask('/collect?mib=16');
      await waits.ask('/stops?ms=20');
      await Promise.all(others);
      await traced.stop();
      recorder.close();
      const replayedAs = async (waits: WaitForm): Promise<ReadableSpan[]> => {
        const spans: ReadableSpan[] = [];
        const nothing = async (): Promise<void> => {};
        const processors = [
          { onEnd: (span: ReadableSpan) => void spans.push(span), forceFlush: nothing, shutdown: nothing },
        ];
        await replay([readFileSync(path)], { name: path, processors, waits });
        return spans;
      };
      const json = (of: readonly ReadableSpan[]): string =>
        Buffer.from(JsonTraceSerializer.serializeRequest([...of]) ?? []).toString();
      expect(json(await replayedAs(form))).toBe(json(traced.spans));
      const told = form === 'spans' ? traced.spans : traced.spans.flatMap(({ events }) => events);
      const names = told.map(({ name }) => name);
      expect(names).toContain('gc.stw');
      expect(names).toContain('gc.cycle');
      expect((await replayedAs('attributes')).filter(isWindow)).toEqual([]);
    },
  );
});
