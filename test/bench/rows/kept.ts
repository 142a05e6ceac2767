/** Requests per second kept by a route that keeps one core busy. */
import type { Bench } from '../bench.ts';
import { type Figure, figureOf, type Goal } from '../figure.ts';
import { saturate } from '../load.ts';
import { Service } from '../service.ts';
import { ratioOf } from '../statistics.ts';
import { alternate, bare, traced, valuesOf } from '../windows.ts';
import { absoluteOf, cpuRatioOf, cpuText } from './saturated.ts';

interface KeptOptions {
  readonly row: string;
  readonly what: string;
  readonly path: string;
  readonly goal?: Goal;
}

export async function kept(
  { rounds, seconds, target, exporting: env }: Bench,
  { row, what, path, goal }: KeptOptions,
): Promise<Figure[]> {
  const service = await Service.start(target);
  try {
    const load = () => saturate(service.url + path, seconds);
    const variants = { bare, traced: traced(service.pid, { env }) };
    const windows = await alternate(variants, { rounds, pid: service.pid, load });
    const detail = `bare ${absoluteOf(windows.bare)}; traced ${absoluteOf(windows.traced)}`;
    const perSecond = ratioOf(valuesOf(windows.traced, 'perSecond'), valuesOf(windows.bare, 'perSecond'));
    return [
      figureOf({ row, what, detail, ...(goal && { goal }) }, perSecond),
      figureOf({ row, what: cpuText }, cpuRatioOf(windows.bare, windows.traced)),
    ];
  } finally {
    await service.stop();
  }
}
