/** A million live goroutines that one request has started: all but some cannot be remembered, and that is counted. */
import { Agent } from '../agent.ts';
import type { Bench } from '../bench.ts';
import { type Figure, figureOf, numberText } from '../figure.ts';
import { generate, saturate } from '../load.ts';
import { Service } from '../service.ts';
import { ratioOf } from '../statistics.ts';
import { alternate, bare, traced, valuesOf } from '../windows.ts';
import { lossText } from './missing.ts';
import { absoluteOf } from './saturated.ts';

/** `KernelOptions.inheritedMax` unless it is set. */
const inheritedMax = 65_536;

const row = 'goroutines';

export async function goroutines({
  quick,
  rounds,
  seconds,
  target,
  generator,
  exporting: env,
}: Bench): Promise<Figure[]> {
  const live = quick ? 100_000 : 1_000_000;
  const service = await Service.start(target);
  try {
    const agent = await Agent.attach([service.pid]);
    const response = await fetch(`${service.url}/goroutines?n=${live}`);
    await response.arrayBuffer();
    const load = await generate(generator, [`${service.url}/`], { rate: 2000, seconds, connections: 16 });
    const summary = await agent.detach();
    const counted = summary.lost.byReason['inherited_map_full'] ?? 0;
    const spans = summary.spans.byKind['server'] ?? 0;
    const windows = await alternate(
      { bare, traced: traced(service.pid, { env }) },
      { rounds: Math.min(rounds, 3), pid: service.pid, load: () => saturate(`${service.url}/`, seconds) },
    );
    const name = `${numberText(live)} live goroutines`;
    return [
      figureOf(
        {
          row,
          what: `${name}: contexts lost and not counted`,
          goal: { atMost: 0 },
          detail: lossText(summary),
        },
        Math.max(0, live - inheritedMax - counted),
      ),
      figureOf(
        { row, what: `${name}: spans missing`, goal: { atMost: 0 }, detail: `${numberText(spans)} spans` },
        Math.max(0, load.requests - load.failed + 1 - spans),
      ),
      figureOf(
        {
          row,
          what: `${name}: requests/s kept`,
          detail: `bare ${absoluteOf(windows.bare)}; traced ${absoluteOf(windows.traced)}`,
        },
        ratioOf(valuesOf(windows.traced, 'perSecond'), valuesOf(windows.bare, 'perSecond')),
      ),
    ];
  } finally {
    await service.stop();
  }
}
