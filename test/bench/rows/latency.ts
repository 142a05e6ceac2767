/** Latency at a constant rate, which leaves the service most of its core. */
import type { Bench } from '../bench.ts';
import { type Figure, figureOf, numberText } from '../figure.ts';
import { generate } from '../load.ts';
import { Service } from '../service.ts';
import { ratioOf } from '../statistics.ts';
import { alternate, bare, medianOf, traced, valuesOf } from '../windows.ts';

const rate = 2000;

export async function latency({
  rounds,
  seconds,
  target,
  generator,
  warmUp,
  exporting: env,
}: Bench): Promise<Figure[]> {
  const service = await Service.start(target);
  try {
    const load = () => generate(generator, [`${service.url}/`], { rate, seconds, connections: 64 });
    const { pid } = service;
    const variants = {
      bare,
      traced: traced(pid, { env, core: 'any', warmUp: 2 * warmUp }),
      held: traced(pid, { env, held: true }),
    };
    const windows = await alternate(variants, { rounds, pid, load });
    const held = ratioOf(valuesOf(windows.held, 'p99'), valuesOf(windows.bare, 'p99'));
    const figures = (['p50', 'p95', 'p99'] as const).map((key) => {
      const [without, withIt] = [medianOf(windows.bare, key), medianOf(windows.traced, key)];
      return figureOf(
        {
          row: 'latency',
          what: `${numberText(rate)} requests/s: ${key} with ÷ without`,
          detail: `${numberText(without)} ms without, ${numberText(withIt)} ms with`,
          ...(key === 'p99' && { goal: { atMost: 1.15 } }),
        },
        ratioOf(valuesOf(windows.traced, key), valuesOf(windows.bare, key)),
      );
    });
    const what = '… while the agent is held';
    const detail = 'the probes alone: on two cores the agent takes turns with generator or service';
    return [...figures, figureOf({ row: 'latency', what, detail }, held)];
  } finally {
    await service.stop();
  }
}
