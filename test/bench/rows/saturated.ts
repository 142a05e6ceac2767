/** The trivial handler at saturation, against itself, against the floor, and against the usual way. */
import type { Bench } from '../bench.ts';
import { EmptyProbes, findEmptySites } from '../empty-probes.ts';
import { type Figure, figureOf, numberText } from '../figure.ts';
import { saturate } from '../load.ts';
import { Service } from '../service.ts';
import { ratioOf, type Spread } from '../statistics.ts';
import { alternate, bare, medianOf, traced, valuesOf, type Window } from '../windows.ts';

/** Of one window: what the ring buffer takes while the agent is held. */
const seconds = 1;

export async function saturated({ rounds, target, emptyObject, exporting: env }: Bench): Promise<Figure[]> {
  const sites = findEmptySites(target);
  const empty = new EmptyProbes(emptyObject);
  const service = await Service.start(target);
  const { pid, url } = service;
  try {
    const windows = await alternate(
      {
        bare,
        traced: traced(pid, { env }),
        held: traced(pid, { env, held: true }),
        floor: empty.at(sites.ours, target, pid),
        usual: empty.at(sites.usual, target, pid),
      },
      { rounds: rounds > 1 ? rounds + 2 : rounds, pid, load: () => saturate(`${url}/`, seconds) },
    );
    const perSecond = (name: keyof typeof windows) => valuesOf(windows[name], 'perSecond');
    const absolute = (name: keyof typeof windows) => `${name} ${absoluteOf(windows[name])}`;
    const row = 'saturated';
    return [
      figureOf(
        {
          row,
          what: 'trivial handler: requests/s kept',
          detail: `${absolute('bare')}; ${absolute('traced')}`,
        },
        ratioOf(perSecond('traced'), perSecond('bare')),
      ),
      figureOf(
        {
          row,
          what: '… empty programs at the same sites (the floor)',
          detail: absolute('floor'),
        },
        ratioOf(perSecond('floor'), perSecond('bare')),
      ),
      figureOf(
        { row, what: '… traced ÷ the floor', goal: { atLeast: 0.93 } },
        ratioOf(perSecond('traced'), perSecond('floor')),
      ),
      figureOf({ row, what: cpuText }, cpuRatioOf(windows.floor, windows.traced)),
      figureOf(
        {
          row,
          what: '… traced ÷ the floor while the agent is held',
          detail: `${absolute('held')}; on two cores agent and generator share one`,
        },
        ratioOf(perSecond('held'), perSecond('floor')),
      ),
      figureOf({ row, what: cpuText }, cpuRatioOf(windows.floor, windows.held)),
      figureOf(
        {
          row,
          what: '… empty programs at 2 entries and 1 ret',
          detail: absolute('usual'),
        },
        ratioOf(perSecond('usual'), perSecond('bare')),
      ),
      figureOf(
        { row, what: '… traced ÷ these', goal: { atLeast: 3.5 } },
        ratioOf(perSecond('traced'), perSecond('usual')),
      ),
      figureOf({ row, what: cpuText }, cpuRatioOf(windows.usual, windows.traced)),
    ];
  } finally {
    await service.stop();
    empty.close();
  }
}

/**
 * What a service that is saturated keeps, by the CPU of a request: the same as by requests/s, except that work of others
 * on its core does not count.
 */
export const cpuText = '… the same by CPU per request';

export function cpuRatioOf(without: readonly Window[], withIt: readonly Window[]): Spread {
  return ratioOf(valuesOf(without, 'cpuUsPerRequest'), valuesOf(withIt, 'cpuUsPerRequest'));
}

/** `61,234/s at 14.2 µs CPU`. */
export function absoluteOf(windows: readonly Window[]): string {
  const [perSecond, cpu] = [medianOf(windows, 'perSecond'), medianOf(windows, 'cpuUsPerRequest')];
  return `${numberText(perSecond)}/s at ${numberText(cpu)} µs CPU`;
}
