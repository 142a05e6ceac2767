/** The trivial handler at saturation, against itself, against the floor, and against the usual way. */
import type { Bench } from '../bench.ts';
import { EmptyProbes, findEmptySites } from '../empty-probes.ts';
import { type Figure, figureOf, numberText } from '../figure.ts';
import { saturate } from '../load.ts';
import { Service } from '../service.ts';
import { ratioOf } from '../statistics.ts';
import { alternate, bare, medianOf, traced, tracedOf, valuesOf, type Window } from '../windows.ts';

export async function saturated({ rounds, seconds, target, emptyObject }: Bench): Promise<Figure[]> {
  const sites = findEmptySites(target);
  const empty = new EmptyProbes(emptyObject);
  const service = await Service.start(target);
  const { pid, url } = service;
  try {
    const windows = await alternate(
      {
        bare,
        traced: traced(pid),
        floor: empty.at(sites.ours, target, pid),
        usual: empty.at(sites.usual, target, pid),
      },
      { rounds, pid, load: () => saturate(`${url}/`, seconds) },
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
      figureOf(
        {
          row,
          what: '… CPU per request of the service, the floor ÷ traced',
        },
        ratioOf(valuesOf(windows.floor, 'cpuUsPerRequest'), valuesOf(windows.traced, 'cpuUsPerRequest')),
      ),
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
      figureOf(
        { row, what: '… agent CPU per span', unit: 'µs', detail: 'spans made and counted, none exported' },
        tracedOf(windows.traced, (agent) => agent.agentCpuUsPerRequest),
      ),
    ];
  } finally {
    await service.stop();
    empty.close();
  }
}

/** `61,234/s at 14.2 µs CPU`. */
export function absoluteOf(windows: readonly Window[]): string {
  const [perSecond, cpu] = [medianOf(windows, 'perSecond'), medianOf(windows, 'cpuUsPerRequest')];
  return `${numberText(perSecond)}/s at ${numberText(cpu)} µs CPU`;
}
