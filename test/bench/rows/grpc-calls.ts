/** A handler that makes a unary call of gRPC, which its own process serves at once: three spans a request. */
import { buildGo } from '../../support/go-build.ts';
import { grpcBuilds } from '../../support/grpc-server.ts';
import type { Bench } from '../bench.ts';
import { EmptyProbes, findEmptySites } from '../empty-probes.ts';
import { type Figure, figureOf } from '../figure.ts';
import { saturate } from '../load.ts';
import { Service } from '../service.ts';
import { ratioOf } from '../statistics.ts';
import { alternate, bare, traced, valuesOf } from '../windows.ts';
import { absoluteOf, cpuRatioOf, cpuText } from './saturated.ts';

const seconds = 1;

export async function grpcCalls({ rounds, emptyObject, exporting: env }: Bench): Promise<Figure[]> {
  const [build] = grpcBuilds;
  if (build === undefined) return [];
  const target = await buildGo(build);
  const empty = new EmptyProbes(emptyObject);
  const service = await Service.start(target);
  const { pid, url } = service;
  try {
    const windows = await alternate(
      { bare, traced: traced(pid, { env }), floor: empty.at(findEmptySites(target).ours, target, pid) },
      { rounds, pid, load: () => saturate(`${url}/load`, seconds) },
    );
    const perSecond = (name: keyof typeof windows) => valuesOf(windows[name], 'perSecond');
    const row = 'grpc-calls';
    const what = 'a unary call of gRPC to the same process: requests/s kept';
    const detail = `bare ${absoluteOf(windows.bare)}; traced ${absoluteOf(windows.traced)}`;
    return [
      figureOf({ row, what, detail }, ratioOf(perSecond('traced'), perSecond('bare'))),
      figureOf({ row, what: cpuText }, cpuRatioOf(windows.bare, windows.traced)),
      figureOf(
        { row, what: '… empty programs at the same sites (the floor)', detail: absoluteOf(windows.floor) },
        ratioOf(perSecond('floor'), perSecond('bare')),
      ),
      figureOf({ row, what: '… traced ÷ the floor' }, ratioOf(perSecond('traced'), perSecond('floor'))),
    ];
  } finally {
    await service.stop();
    empty.close();
  }
}
