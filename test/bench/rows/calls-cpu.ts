/** What the span of a call to a database costs the agent, against that of a request. */
import { startRedis } from '../../support/databases.ts';
import { buildGo } from '../../support/go-build.ts';
import { storesBuilds } from '../../support/stores-server.ts';
import type { Bench } from '../bench.ts';
import { type Figure, figureOf, numberText } from '../figure.ts';
import { generate } from '../load.ts';
import { Service } from '../service.ts';
import { spreadOf } from '../statistics.ts';
import { alternate, traced, tracedOf } from '../windows.ts';

const rate = 4_000;

export async function callsCpu(bench: Bench): Promise<Figure[]> {
  const [stores] = storesBuilds;
  if (stores === undefined) return [];
  const redis = await startRedis();
  try {
    const plain = await agentCpu(bench, { executable: bench.target, path: '/' });
    const database = await buildGo({ name: 'load-database', dir: 'test/fixtures/load/database' });
    const withCall = {
      SQL: await agentCpu(bench, { executable: database, path: '/' }),
      Redis: await agentCpu(bench, {
        executable: await buildGo(stores),
        path: '/redis/nil?id=r',
        env: { REDIS: redis.address },
      }),
    };
    return Object.entries(withCall).map(([kind, cpu]) =>
      figureOf(
        {
          row: 'calls-cpu',
          what: `agent CPU per ${kind} span ÷ HTTP span`,
          detail: `${numberText(plain)} µs a request, ${numberText(cpu)} with a call in it; ${numberText(rate)} requests/s`,
          goal: { atMost: 1 },
        },
        spreadOf([(cpu - plain) / plain]),
      ),
    );
  } finally {
    await redis.stop();
  }
}

interface Served {
  readonly executable: string;
  readonly path: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Microseconds a request, of an agent that has run for a while. */
async function agentCpu(
  { rounds, seconds, warmUp, generator, exporting }: Bench,
  { executable, path, env = {} }: Served,
): Promise<number> {
  const service = await Service.start(executable, env);
  try {
    const load = () => generate(generator, [service.url + path], { rate, seconds, connections: 64 });
    const windows = await alternate(
      { traced: traced(service.pid, { env: exporting, warmUp }) },
      { rounds, pid: service.pid, load },
    );
    return tracedOf(windows.traced, ({ agentCpuUsPerRequest }) => agentCpuUsPerRequest).median;
  } finally {
    await service.stop();
  }
}
