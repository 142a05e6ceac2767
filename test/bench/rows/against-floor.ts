/** Requests per second kept by a route that keeps one core busy, against empty programs at the same places. */
import type { Bench } from '../bench.ts';
import { EmptyProbes, findEmptySites } from '../empty-probes.ts';
import { type Figure, figureOf, type Goal } from '../figure.ts';
import { saturate } from '../load.ts';
import { Service } from '../service.ts';
import { ratioOf } from '../statistics.ts';
import { alternate, bare, traced, valuesOf } from '../windows.ts';
import { absoluteOf, cpuRatioOf, cpuText } from './saturated.ts';

/** Of one window: what the ring buffer takes while the agent is held. */
const seconds = 1;

interface AgainstFloorOptions {
  readonly row: string;
  readonly what: string;
  readonly path: string;
  /** What the service is told. */
  readonly env?: Readonly<Record<string, string>>;
  /** Of the traced service with the agent held, against the floor. */
  readonly goal: Goal;
}

export async function againstFloor(
  { rounds, target, emptyObject, exporting }: Bench,
  { row, what, path, env = {}, goal }: AgainstFloorOptions,
): Promise<Figure[]> {
  const empty = new EmptyProbes(emptyObject);
  const service = await Service.start(target, env);
  const { pid, url } = service;
  try {
    const windows = await alternate(
      {
        bare,
        traced: traced(pid, { env: exporting }),
        held: traced(pid, { env: exporting, held: true }),
        floor: empty.at(findEmptySites(target).ours, target, pid),
      },
      { rounds, pid, load: () => saturate(url + path, seconds) },
    );
    const perSecond = (name: keyof typeof windows) => valuesOf(windows[name], 'perSecond');
    const absolute = (name: keyof typeof windows) => `${name} ${absoluteOf(windows[name])}`;
    return [
      figureOf(
        { row, what: `${what}: requests/s kept`, detail: `${absolute('bare')}; ${absolute('traced')}` },
        ratioOf(perSecond('traced'), perSecond('bare')),
      ),
      figureOf({ row, what: cpuText }, cpuRatioOf(windows.bare, windows.traced)),
      figureOf(
        { row, what: '… empty programs at the same sites (the floor)', detail: absolute('floor') },
        ratioOf(perSecond('floor'), perSecond('bare')),
      ),
      figureOf({ row, what: '… traced ÷ the floor' }, ratioOf(perSecond('traced'), perSecond('floor'))),
      figureOf(
        { row, what: '… traced ÷ the floor while the agent is held', detail: absolute('held'), goal },
        ratioOf(perSecond('held'), perSecond('floor')),
      ),
      figureOf({ row, what: cpuText }, cpuRatioOf(windows.floor, windows.held)),
    ];
  } finally {
    await service.stop();
    empty.close();
  }
}
