/** All rows of the bench, and what they share. */
import { buildGo } from '../support/go-build.ts';
import { type Figure, figureOf } from './figure.ts';
import type { FloodTools } from './flood.ts';
import { buildGenerator } from './load.ts';
import { exportTo, startSwallow } from './program.ts';
import { attachTimes } from './rows/attach-times.ts';
import { callsCpu } from './rows/calls-cpu.ts';
import { clientCalls } from './rows/client-calls.ts';
import { code } from './rows/code.ts';
import { concurrent } from './rows/concurrent.ts';
import { exportCpu } from './rows/export-cpu.ts';
import { exportEncode } from './rows/export-encode.ts';
import { exportLoss } from './rows/export-loss.ts';
import { exportMemory } from './rows/export-memory.ts';
import { exportPause } from './rows/export-pause.ts';
import { exportWire } from './rows/export-wire.ts';
import { goroutines } from './rows/goroutines.ts';
import { grpcCalls } from './rows/grpc-calls.ts';
import { handlerCpu } from './rows/handler-cpu.ts';
import { idle } from './rows/idle.ts';
import { latency } from './rows/latency.ts';
import { manyRequests } from './rows/many-requests.ts';
import { manyTargets } from './rows/many-targets.ts';
import { page } from './rows/page.ts';
import { recordBytes } from './rows/record-bytes.ts';
import { redisCalls } from './rows/redis-calls.ts';
import { saturated } from './rows/saturated.ts';
import { sqlCalls } from './rows/sql-calls.ts';
import { store } from './rows/store.ts';
import { storeQueries } from './rows/store-queries.ts';
import { tailKeep } from './rows/tail-keep.ts';
import { waits } from './rows/waits.ts';
import { spreadOf } from './statistics.ts';
import { watchOthers } from './usage.ts';

export { lineOf, tableOf } from './figure.ts';
export { benchOwnService } from './own-service.ts';

/** What a row is given. */
export interface Bench {
  /** Everything small enough for a test run; figures then say little. */
  readonly quick: boolean;
  /** Pairs of windows. */
  readonly rounds: number;
  /** Of one window. */
  readonly seconds: number;
  /** Windows before the one that counts, in which V8 compiles the agent's code. */
  readonly warmUp: number;
  /** Built `test/fixtures/load/target`. */
  readonly target: string;
  /** Built `test/fixtures/load/generator`. */
  readonly generator: string;
  /** Built `empty.bpf.c`. */
  readonly emptyObject: string;
  readonly floodTools: FloodTools;
  /** Built `switches.c`. */
  readonly switches: string;
  /** Environment of an agent that exports as users have it, to a collector that costs as little as one can. */
  readonly exporting: Readonly<Record<string, string>>;
}

export type Row = (bench: Bench) => Promise<readonly Figure[]>;

/** By name, in the order in which they run. */
export const rows: Readonly<Record<string, Row>> = {
  saturated,
  'handler-cpu': handlerCpu,
  latency,
  'client-calls': clientCalls,
  'sql-calls': sqlCalls,
  'grpc-calls': grpcCalls,
  'redis-calls': redisCalls,
  'calls-cpu': callsCpu,
  waits,
  code,
  concurrent,
  'many-requests': manyRequests,
  goroutines,
  'many-targets': manyTargets,
  'attach-times': attachTimes,
  idle,
  'export-encode': exportEncode,
  'export-cpu': exportCpu,
  'export-memory': exportMemory,
  'export-pause': exportPause,
  'export-loss': exportLoss,
  'export-wire': exportWire,
  'record-bytes': recordBytes,
  'tail-keep': tailKeep,
  store,
  'store-queries': storeQueries,
  page,
};

export interface BenchOptions {
  readonly quick: boolean;
  /** What {@link rowsOf} has chosen. */
  readonly names: readonly string[];
  readonly emptyObject: string;
  readonly floodTools: FloodTools;
  readonly switches: string;
  readonly say: (text: string) => void;
  /** Told each row as soon as it is measured, and how long it took. */
  readonly onRow: (row: MeasuredRow) => void;
}

export interface MeasuredRow {
  readonly name: string;
  readonly figures: readonly Figure[];
  readonly seconds: number;
}

/** How much CPU other processes used while a row ran: with more than a few percent its figures are worth less. */
interface Disturbance {
  readonly name: string;
  readonly percent: number;
}

function disturbanceOf(rows: readonly Disturbance[]): Figure {
  const detail = rows.map(({ name, percent }) => `${name} ${Math.round(percent)}`).join(', ');
  const what = 'CPU of the machine used by others meanwhile';
  return figureOf({ row: 'machine', what, unit: '%', detail }, spreadOf(rows.map(({ percent }) => percent)));
}

/** A row is asked for by its name, or by what that begins with (`export` for `export-cpu` and the like). */
const isAsked = (row: string, name: string): boolean => row === name || row.startsWith(`${name}-`);

/**
 * The rows that a run is asked for, in their order.
 * @throws {RangeError} for a name that is none's.
 */
export function rowsOf(only: readonly string[] = Object.keys(rows)): string[] {
  const unknown = only.filter((name) => !Object.keys(rows).some((row) => isAsked(row, name)));
  if (unknown.length > 0) {
    throw new RangeError(`--only: ${Object.keys(rows).join(', ')} are possible, not ${unknown.join(', ')}`);
  }
  return Object.keys(rows).filter((row) => only.some((name) => isAsked(row, name)));
}

/** Runs the rows one after the other. */
export async function runBench({
  quick,
  names,
  emptyObject,
  floodTools,
  switches,
  say,
  onRow,
}: BenchOptions): Promise<Figure[]> {
  // Beside the agent: the service has its core to itself.
  const collector = await startSwallow({ core: 'agent' });
  const bench: Bench = {
    quick,
    rounds: quick ? 1 : 7,
    seconds: quick ? 1 : 2,
    warmUp: quick ? 0 : 2,
    target: await buildGo({ name: 'load-target', dir: 'test/fixtures/load/target' }),
    generator: await buildGenerator(),
    emptyObject,
    floodTools,
    switches,
    exporting: exportTo(collector.url),
  };
  const figures: Figure[] = [];
  const disturbance: Disturbance[] = [];
  try {
    for (const [name, row] of Object.entries(rows)) {
      if (!names.includes(name)) continue;
      say(name);
      const others = watchOthers();
      const startedAt = performance.now();
      const measured = await row(bench);
      figures.push(...measured);
      disturbance.push({ name, percent: others() });
      onRow({ name, figures: measured, seconds: (performance.now() - startedAt) / 1_000 });
    }
  } finally {
    await collector.stop();
  }
  return [...figures, disturbanceOf(disturbance)];
}
