/** What it costs to know where in its code a program spends its time: level `cpu`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { Tracer } from '../../../src/tracer/tracer.ts';
import { buildGo } from '../../support/go-build.ts';
import { WaitsServer, waitsBuild } from '../../support/waits-server.ts';
import type { Bench } from '../bench.ts';
import { type Figure, figureOf } from '../figure.ts';
import { saturate } from '../load.ts';
import { Service } from '../service.ts';
import { ratioOf, spreadOf } from '../statistics.ts';
import { alternate, traced, tracedOf, valuesOf } from '../windows.ts';
import { absoluteOf } from './saturated.ts';

const row = 'code';
/** Frames of a stack below the handler of the fixture, so that there are some 25 in all. */
const DEEPER = 8;
const RUN_STATISTICS = '/proc/sys/kernel/bpf_stats_enabled';

export async function code(bench: Bench): Promise<Figure[]> {
  const service = await Service.start(bench.target);
  try {
    return [...(await sampling(bench, service)), await parked(bench)];
  } finally {
    await service.stop();
  }
}

async function sampling(
  { rounds, seconds, exporting: env }: Bench,
  { pid, url }: Service,
): Promise<Figure[]> {
  const windows = await alternate(
    { runtime: traced(pid, { env, level: 'runtime' }), cpu: traced(pid, { env, level: 'cpu' }) },
    { rounds, pid, load: () => saturate(`${url}/cpu`, seconds) },
  );
  const hits = (name: keyof typeof windows) =>
    tracedOf(windows[name], ({ summary }) => summary.hits.total / summary.spans.ended).median;
  return [
    figureOf(
      {
        row,
        what: 'level cpu ÷ level runtime: handler of 200 µs CPU, requests/s',
        goal: { atLeast: 0.99 },
        detail: `${absoluteOf(windows.cpu)}; runtime ${absoluteOf(windows.runtime)}`,
      },
      ratioOf(valuesOf(windows.cpu, 'perSecond'), valuesOf(windows.runtime, 'perSecond')),
    ),
    figureOf(
      { row, what: '… CPU of the service per request' },
      ratioOf(valuesOf(windows.cpu, 'cpuUsPerRequest'), valuesOf(windows.runtime, 'cpuUsPerRequest')),
    ),
    figureOf(
      { row, what: '… hits per request, more', goal: { atMost: 0.05 } },
      hits('cpu') - hits('runtime'),
    ),
  ];
}

/** What the program takes longer that ends a wait which is long enough for its stack to be read. */
async function parked({ quick, rounds }: Bench): Promise<Figure> {
  const binary = await buildGo(waitsBuild('local-plain'));
  const server = await WaitsServer.start(binary, { name: 'alone', faults: [] });
  const before = readFileSync(RUN_STATISTICS, 'utf8');
  writeFileSync(RUN_STATISTICS, '1');
  try {
    const costs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const [without, withStacks] = [
        await runNs(server, 'runtime', quick),
        await runNs(server, 'cpu', quick),
      ];
      costs.push(withStacks - without);
    }
    return figureOf(
      {
        row,
        what: 'the stack of a goroutine that has waited, 25 frames',
        unit: 'ns',
        goal: { atMost: 2_500 },
        detail: 'one wait of 20 ms a request; of shorter ones none is read',
      },
      spreadOf(costs),
    );
  } finally {
    writeFileSync(RUN_STATISTICS, before);
    await server.stop();
  }
}

/** Nanoseconds a request in the program that sees goroutines go on. */
async function runNs({ server }: WaitsServer, level: 'runtime' | 'cpu', quick: boolean): Promise<number> {
  const tracer = await Tracer.open({ processors: [], level });
  await tracer.attachPid(server.pid);
  const requests = quick ? 10 : 150;
  for (let n = 0; n < requests; n++) await server.get(`/stack/sleep?deep=${DEEPER}`);
  const { byProbe, meanNsByProbe } = (await tracer.close()).hits;
  return ((byProbe['goroutine_run'] ?? 0) * (meanNsByProbe['goroutine_run'] ?? 0)) / requests;
}
