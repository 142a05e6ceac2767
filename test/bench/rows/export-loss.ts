/** Spans that are lost when the collector is down, and when nobody drains the ring. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Summary } from '../../../src/cli/summary.ts';
import { Agent } from '../agent.ts';
import type { Bench } from '../bench.ts';
import { type Figure, figureOf, numberText } from '../figure.ts';
import { type Flood, flood } from '../flood.ts';
import { ask, exportTo, startProgram, startSwallow } from '../program.ts';
import { Service } from '../service.ts';
import { rssMb } from '../usage.ts';
import { lossText } from './missing.ts';

const row = 'export-loss';

export async function exportLoss(bench: Bench): Promise<Figure[]> {
  return [await collectorDown(bench), await mainThreadBlocked(bench), await agentStopped(bench)];
}

/** The collector is away while spans come, and then back. */
async function collectorDown({ quick, target, floodTools }: Bench): Promise<Figure> {
  const [rate, seconds] = [10_000, quick ? 3 : 60];
  const service = await Service.start(target);
  const first = await startSwallow();
  try {
    const agent = await Agent.attach([service.pid], { env: exportTo(first.url) });
    await first.stop();
    const before = rssMb(agent.pid);
    const { taken, refused } = await flood(floodTools, agent.pid, { rate, seconds });
    const memory = rssMb(agent.pid);
    const second = await startSwallow({ port: Number(new URL(first.url).port) });
    // Longer than the longest pause between two tries.
    await sleep(quick ? 6_000 : 35_000);
    const summary = await agent.detach();
    await second.stop();
    return figureOf(
      {
        row,
        what: `collector down for ${seconds} s at ${numberText(rate)} spans/s: spans lost`,
        goal: { atMost: 0 },
        detail: `of ${numberText(taken + refused)}; ${lossText(summary)}; resident memory ${numberText(before)} → ${numberText(memory)} MB`,
      },
      taken + refused - summary.spans.exported,
    );
  } finally {
    await service.stop();
  }
}

/** In a test run a machine that is busy must keep pace, and the ring must hold it. */
const stallOf = ({ quick }: Bench) => ({ rate: quick ? 50_000 : 200_000, seconds: 1 });

/** The ring while one second of flood meets it, in words. */
function ringText({ taken, refused, recordBytes }: Flood): string {
  const megabytes = ((taken + refused) * (recordBytes + RECORD_HEAD_BYTES)) / 2 ** 20;
  return `${numberText(taken + refused)} records of ${recordBytes} B are ${numberText(megabytes)} MiB`;
}

/** Of the ring buffer, before each record. */
const RECORD_HEAD_BYTES = 8;

interface Stopped {
  readonly lost: Summary['lost'];
  readonly exports: { readonly exported: number };
}

/** The host's event loop stands still; the draining thread does not. */
async function mainThreadBlocked(bench: Bench): Promise<Figure> {
  const [{ target, floodTools }, stall] = [bench, stallOf(bench)];
  const service = await Service.start(target);
  const collector = await startSwallow();
  const host = startProgram('plug-in', [String(service.pid), 'otlp'], { env: exportTo(collector.url) });
  try {
    await host.output(/^tracing/m);
    const blocked = ask(host, 'block 1000', 'blocked');
    const came = await flood(floodTools, host.pid, stall);
    await blocked;
    const { exports, lost } = await ask<Stopped>(host, 'stop', 'stopped');
    return figureOf(
      {
        row,
        what: `main thread blocked for 1 s at ${numberText(stall.rate)} spans/s: spans lost`,
        goal: { atMost: 0 },
        detail: `${ringText(came)}; ${numberText(came.refused)} found the ring full; ${lossText({ lost })}`,
      },
      came.taken + came.refused - exports.exported,
    );
  } finally {
    await host.stop('SIGKILL');
    await collector.stop();
    await service.stop();
  }
}

/** Nobody drains at all: the ring holds what it can. */
async function agentStopped(bench: Bench): Promise<Figure> {
  const [{ target, floodTools }, stall] = [bench, stallOf(bench)];
  const service = await Service.start(target);
  const collector = await startSwallow();
  try {
    const agent = await Agent.attach([service.pid], { env: exportTo(collector.url) });
    agent.hold();
    const came = await flood(floodTools, agent.pid, stall);
    agent.release();
    const summary = await agent.detach();
    return figureOf(
      {
        row,
        what: `whole agent stopped for 1 s at ${numberText(stall.rate)} spans/s: spans lost`,
        detail: `${ringText(came)}, the ring has 32; ${numberText(came.taken - summary.spans.exported)} of those that it took: ${lossText(summary)}`,
      },
      came.taken + came.refused - summary.spans.exported,
    );
  } finally {
    await collector.stop();
    await service.stop();
  }
}
