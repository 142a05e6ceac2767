/** Faults with a known cause, each on a real target: the verdict on its span names it. */

import { expect, it } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { durationNs } from '../support/breakdown.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { oneOf, verdicts } from '../support/fault-verdicts.ts';
import { isFullRun } from '../support/full-run.ts';
import type { TracedServer } from '../support/traced-server.ts';
import { type Circumstance, circumstances, circumstancesOf, type Fault } from '../support/waits-faults.ts';
import { type Answer, WaitsServer, waitsBuild } from '../support/waits-server.ts';

const timeout = 300_000;
/** Others may want the processors. */
const retry = 2;
/** Of a span's duration: how far the share may be from what the handler measured. */
const shareWithin = 0.1;

/** All faults on the Go of the machine; on the oldest and the newest those that take no special circumstances, or all. */
const builds = [
  { build: waitsBuild('local-plain'), all: circumstances },
  ...['1.19', '1.27.4'].map((go) => ({
    build: waitsBuild(`${go}-plain`, { go }),
    all: isFullRun ? circumstancesOf(go) : circumstances.slice(0, 1),
  })),
];

describeWith([kernel, go], 'the verdict', () => {
  for (const { build, all } of builds) {
    it.for(all)(
      `names the cause in ${build.name} $name`,
      { timeout, retry },
      async (circumstance, context) => {
        const traced = await traceOf(context, build, circumstance);
        for (const fault of circumstance.faults) await judgesRightly(fault, traced);
        const { lost, targets } = await traced.traced.stop();
        expect(lost).toMatchObject({ total: 0 });
        const told = traced.traced.spans.filter(({ attributes }) => 'goidspan.verdict' in attributes);
        expect(Object.values(targets[0]?.verdicts ?? {}).reduce((sum, n) => sum + n, 0)).toBe(told.length);
        expect(targets[0]?.requestTime).toMatchObject({ cpu: expect.any(Number) });
      },
    );
  }

  it('is not told of healthy requests', { timeout, retry }, async (context) => {
    const { waits, traced } = await traceOf(
      context,
      waitsBuild('local-plain'),
      { name: 'alone', faults: [] },
      {},
    );
    const paths = ['/healthy', '/chan/receive?ms=0', '/select?ms=0', '/waitgroup?ms=0', '/mutex'];
    const requests = isFullRun ? 10_000 : 2_000;
    let sent = 0;
    const one = async (): Promise<void> => {
      while (sent < requests) await waits.server.get(`${paths[sent++ % paths.length]}`);
    };
    await Promise.all(Array.from({ length: 8 }, one));
    await traced.stop();
    expect(traced.spans.length).toBeGreaterThanOrEqual(requests);
    const told = traced.spans.filter(({ attributes }) => 'goidspan.verdict' in attributes);
    // Others of the machine may take its processor, or it has none for a while: that is told, and is true.
    const faults = told.filter(
      ({ attributes }) => !['processor', 'scheduler'].includes(String(attributes['goidspan.verdict.cause'])),
    );
    expect(faults.length, JSON.stringify(faults.map(({ attributes }) => attributes))).toBeLessThanOrEqual(
      requests / 1_000,
    );
  });
});

interface Traced {
  readonly waits: WaitsServer;
  readonly traced: TracedServer;
}

async function traceOf(
  context: Parameters<typeof WaitsServer.during>[0],
  build: Parameters<typeof WaitsServer.during>[1],
  circumstance: Circumstance,
  options: { slowMillis?: number } = { slowMillis: 10 },
): Promise<Traced> {
  const waits = await WaitsServer.during(context, build, circumstance);
  const traced = await waits.traceDuring(context, { level: 'cpu', ...options });
  return { waits, traced };
}

async function judgesRightly(fault: Fault, { waits, traced }: Traced): Promise<void> {
  const answer = await waits.ask(fault.path, fault.held);
  const { server } = await traced.request(answer.id, 0);
  const { attributes } = server;
  const sentence = attributes['goidspan.verdict'];
  if (fault.name === 'nothing') {
    expect(sentence).toBeUndefined();
    return;
  }
  const [cause, says] = verdicts[fault.name] ?? [];
  if (cause === undefined || says === undefined) {
    const told = attributes['goidspan.verdict.cause'];
    expect([undefined, ...(oneOf[fault.name] ?? [])], `${sentence}`).toContain(told);
    return;
  }
  expect([fault.name, attributes['goidspan.verdict.cause']]).toEqual([fault.name, cause]);
  expect(sentence).toMatch(says);
  expect(sentence).toMatch(/^[a-z]+: [\d.]+ of [\d.]+ ms /);
  expect(Number(attributes['goidspan.verdict.confidence'])).toBeGreaterThan(0.9);
  const off = Number(attributes['goidspan.verdict.share']) - shareOf(answer, server);
  expect(Math.abs(off), `${fault.name}: ${sentence}`).toBeLessThanOrEqual(shareWithin);
}

/** How much of the span the handler lost to the fault. */
function shareOf({ truth }: Answer, span: ReadableSpan): number {
  return Math.max(...Object.values(truth), sumOf(truth)) / durationNs(span);
}

/** Where both of a request's waits were for the same. */
function sumOf(truth: Answer['truth']): number {
  const { sleep = 0, 'chan.receive': received = 0 } = truth;
  return sleep + received;
}
