/** How long attaching and detaching take, for a small program, a large one, and many. */
import { statSync } from 'node:fs';
import { Tracer } from '../../../src/tracer/tracer.ts';
import { type Jaeger, peers, startJaeger } from '../../support/peers.ts';
import type { Bench } from '../bench.ts';
import { type Figure, figureOf, type Goal, numberText } from '../figure.ts';
import { Service } from '../service.ts';
import { spreadOf } from '../statistics.ts';

const row = 'attach-times';
const manyTargets = 64;

interface Times {
  readonly attachS: number;
  readonly detachMs: number;
}

/** A tracer of its own each time, so that the program is read and planned anew. */
async function timesOf(pids: readonly number[]): Promise<Times> {
  const tracer = await Tracer.open({ processors: [] });
  try {
    const began = performance.now();
    for (const pid of pids) await tracer.attachPid(pid);
    const attached = performance.now();
    await tracer.close();
    return { attachS: (attached - began) / 1000, detachMs: performance.now() - attached };
  } finally {
    await tracer.close();
  }
}

async function repeat(times: number, pids: readonly number[]): Promise<Times[]> {
  const all: Times[] = [];
  for (let i = 0; i < times; i++) all.push(await timesOf(pids));
  return all;
}

const megabytes = (path: string): string => `${Math.round(statSync(path).size / 1e6)} MB`;

function attachFigure(what: string, times: readonly Times[], goal: Goal): Figure {
  const first = times[0]?.attachS ?? Number.NaN;
  const detail = `the first time ${numberText(first)} s`;
  return figureOf({ row, what, unit: 's', goal, detail }, spreadOf(times.map(({ attachS }) => attachS)));
}

function detachFigure(what: string, times: readonly Times[]): Figure {
  const spread = spreadOf(times.map(({ detachMs }) => detachMs));
  return figureOf({ row, what, unit: 'ms', goal: { atMost: 100 } }, spread);
}

export async function attachTimes({ rounds, target }: Bench): Promise<Figure[]> {
  const services: Service[] = [];
  let jaeger: Jaeger | undefined;
  try {
    for (let i = 0; i < manyTargets; i++) services.push(await Service.start(target));
    const pids = services.map(({ pid }) => pid);
    const small = await repeat(rounds, pids.slice(0, 1));
    const many = await repeat(Math.min(rounds, 3), pids);
    const figures = [
      attachFigure(`attach to a program of ${megabytes(target)}`, small, { atMost: 0.5 }),
      detachFigure('detach, drain and unload', small),
      detachFigure(`… with ${manyTargets} targets`, many),
    ];
    if (peers() !== undefined) return figures;
    jaeger = await startJaeger();
    const large = await repeat(rounds, [jaeger.pid]);
    const what = `attach to a program of ${megabytes(`/proc/${jaeger.pid}/exe`)} (Jaeger)`;
    return [...figures, attachFigure(what, large, { atMost: 1.5 }), detachFigure('… detach', large)];
  } finally {
    for (const service of services) await service.stop();
    await jaeger?.stop();
  }
}
