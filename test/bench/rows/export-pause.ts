/** How long the host's event loop stands still: for a batch of its own spans, and while spans of Go programs pass through. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { pinMainThread } from '../cores.ts';
import { type Figure, figureOf, numberText } from '../figure.ts';
import { flood } from '../flood.ts';
import { ask, exportTo, queue, startProgram, startSwallow, type Taker } from '../program.ts';
import { Service } from '../service.ts';
import { spreadOf } from '../statistics.ts';

const row = 'export-pause';

export async function exportPause(bench: Bench): Promise<Figure[]> {
  // Beside the draining thread: the event loop has the other core for itself.
  const collector = await startSwallow({ core: 'agent' });
  try {
    return [...(await ofOwnSpans(bench, collector)), ...(await ofTracedSpans(bench, collector))];
  } finally {
    await collector.stop();
  }
}

interface Pauses {
  readonly gaps: readonly number[];
}

async function ofOwnSpans({ quick }: Bench, { url }: Taker): Promise<Figure[]> {
  const batches = quick ? 12 : 150;
  const gapsOf = async (which: string): Promise<readonly number[]> =>
    (await queue<Pauses>(['pause', which, 'synthetic', batches], url)).gaps;
  const [none, ours, stock] = [await gapsOf('none'), await gapsOf('ours'), await gapsOf('stock')];
  const text = (gaps: readonly number[]) => {
    const { median, low } = spreadOf(gaps);
    return `${numberText(median)} (least ${numberText(low)})`;
  };
  const detail = `stock ${text(stock)}; no pipeline ${text(none)}; 4 spans in each turn`;
  return [
    figureOf(
      { row, what: 'longest pause for a batch of 512 own spans', unit: 'ms', goal: { atMost: 0.5 }, detail },
      spreadOf(ours),
    ),
  ];
}

interface Delays {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const RATE = 100_000;

async function ofTracedSpans(bench: Bench, { url }: Taker): Promise<Figure[]> {
  const thread = await delaysWith(bench, 'otlp', url);
  const main = await delaysWith(bench, 'stock', url);
  const text = ({ quiet, busy }: Added): string => {
    const [p99, longest] = [
      spreadOf(busy.map((delays) => delays.p99)),
      Math.max(...busy.map(({ max }) => max)),
    ];
    return `p99 ${numberText(spreadOf(quiet.map((delays) => delays.p99)).median)} → ${numberText(p99.median)}, longest ${numberText(longest)}`;
  };
  const added = ({ quiet, busy }: Added) =>
    spreadOf(busy.map(({ p99 }, round) => Math.max(0, p99 - (quiet[round]?.p99 ?? 0))));
  const what = `plug-in at ${numberText(RATE)} spans/s: p99 added to the event loop`;
  return [
    figureOf({ row, what, unit: 'ms', goal: { atMost: 1 }, detail: text(thread) }, added(thread)),
    figureOf(
      {
        row,
        what: '… with an injected stock exporter (work on the main thread)',
        unit: 'ms',
        detail: text(main),
      },
      added(main),
    ),
  ];
}

interface Added {
  readonly quiet: readonly Delays[];
  readonly busy: readonly Delays[];
}

/** Windows without and with the flood take turns. */
async function delaysWith(
  { quick, target, floodTools }: Bench,
  exporter: 'otlp' | 'stock',
  url: string,
): Promise<Added> {
  const seconds = quick ? 0.5 : 2;
  const service = await Service.start(target);
  const host = startProgram('plug-in', [String(service.pid), exporter], { env: exportTo(url) });
  try {
    await host.output(/^tracing/m);
    pinMainThread(host.pid);
    const [quiet, busy]: [Delays[], Delays[]] = [[], []];
    for (let round = 0; round < (quick ? 1 : 5); round++) {
      await ask(host, 'watch', 'watching');
      await sleep(seconds * 1000);
      quiet.push(await ask<Delays>(host, 'report', 'delays'));
      await ask(host, 'watch', 'watching');
      await flood(floodTools, host.pid, { rate: RATE, seconds, core: 'agent' });
      busy.push(await ask<Delays>(host, 'report', 'delays'));
      await sleep(seconds * 500);
    }
    return { quiet, busy };
  } finally {
    await host.stop('SIGKILL');
    await service.stop();
  }
}
