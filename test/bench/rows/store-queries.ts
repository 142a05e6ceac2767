/** How soon `goidspan serve` answers what the page asks, with many spans in its store, and how much memory that takes. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OperationRow, OperationsAnswer } from '../../../src/page-api/answers.ts';
import type { TimeRange } from '../../../src/page-api/query.ts';
import { segmentFiles } from '../../../src/store/folder.ts';
import { Random } from '../../support/random.ts';
import type { Bench } from '../bench.ts';
import { type Figure, figureOf, numberText } from '../figure.ts';
import { ReplicaSender } from '../replica-sender.ts';
import { Replicas } from '../replicas.ts';
import { Serve } from '../serve.ts';
import { rssMb } from '../usage.ts';

const row = 'store-queries';
const MANY_SPANS = 10_000_000;
/** Where to fill in many would take longer than {@link FILL_S_MAX}. */
const FEWER_SPANS = 2_000_000;
const FILL_S_MAX = 300;
const QUICK_SPANS = 100_000;
/** By which it is told how long that takes. They are of the hour before. */
const TRIED_SPANS = 500_000;
const HOUR_US = 3_600_000_000;
const QUARTER_US = HOUR_US / 4;
/** As long as no recorded span is. */
const LONG_NS = 3_600_000_000_000;

export async function storeQueries(bench: Bench): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'goidspan-bench-'));
  const serve = await Serve.start(folder);
  try {
    // The last hour is what the page shows at first.
    const toUs = Date.now() * 1_000;
    const hour = { fromUs: toUs - HOUR_US, toUs };
    const filled = await fill(bench, serve, hour);
    while (segmentFiles(folder).filter(({ kind }) => kind === 'hot').length > 1) await sleep(100);
    const figures: Figure[] = [];
    for (const question of await questionsOf(serve, hour, filled)) {
      figures.push(await answered(bench, serve, question, filled.spans));
    }
    return [...figures, await memory(serve.pid, filled.spans)];
  } finally {
    await serve.kill();
    rmSync(folder, { recursive: true });
  }
}

interface Filled {
  readonly replicas: Replicas;
  /** Replicas of the hour, numbered from 0. */
  readonly count: number;
  readonly spans: number;
}

async function fill({ quick }: Bench, serve: Serve, { fromUs, toUs }: TimeRange): Promise<Filled> {
  const replicas = new Replicas();
  const most = quick ? QUICK_SPANS : await atMost(serve, replicas, fromUs - HOUR_US);
  const count = Math.ceil(most / replicas.spans);
  const sender = new ReplicaSender(serve, replicas, { fromUs, stepUs: (toUs - fromUs) / count });
  await sender.flood(most);
  return { replicas, count, spans: sender.spans };
}

/** How many can be filled in within the time. */
async function atMost(serve: Serve, replicas: Replicas, fromUs: number): Promise<number> {
  const first = Math.ceil(MANY_SPANS / replicas.spans);
  const sender = new ReplicaSender(serve, replicas, { first, fromUs, stepUs: 1_000 });
  const began = performance.now();
  await sender.flood(TRIED_SPANS);
  const seconds = (performance.now() - began) / 1_000;
  return (seconds * MANY_SPANS) / TRIED_SPANS > FILL_S_MAX ? FEWER_SPANS : MANY_SPANS;
}

interface Question {
  readonly what: string;
  readonly goalMs: number;
  /** Another path of the API each time. */
  readonly next: (random: Random) => string;
}

async function questionsOf(serve: Serve, hour: TimeRange, { replicas, count }: Filled): Promise<Question[]> {
  const all = await serve.ask<OperationsAnswer>(`operations?${inTime(hour)}`);
  const { operations } = all.answer;
  const quarter = (random: Random): TimeRange => {
    const fromUs = hour.fromUs + random.below(HOUR_US - QUARTER_US);
    return { fromUs, toUs: fromUs + QUARTER_US };
  };
  const traceId = (random: Random): string =>
    random.pick(replicas.make(random.below(count), hour.fromUs).traces).id;
  const slow = (operation: OperationRow): string => `${named(operation)}&min=${operation.p95Ns}`;
  return [
    { what: 'a trace by its id', goalMs: 30, next: (random) => `trace/${traceId(random)}` },
    {
      what: 'the newest 20 slow spans of an operation in the hour',
      goalMs: 50,
      next: (random) => `search?${inTime(hour)}&${slow(random.pick(operations))}&limit=20`,
    },
    {
      what: 'the newest 20 of at least 5 ms in a quarter of the hour',
      goalMs: 50,
      next: (random) => `search?${inTime(quarter(random))}&min=5000000&limit=20`,
    },
    {
      what: 'a search of the hour that finds none',
      goalMs: 100,
      next: (random) => `search?${inTime(hour)}&min=${LONG_NS + random.below(1_000)}&limit=20`,
    },
    { what: 'all operations of the hour', goalMs: 150, next: () => `operations?${inTime(hour)}` },
    {
      what: 'the scatter of an operation in the hour',
      goalMs: 100,
      next: (random) => `scatter?${inTime(hour)}&${named(random.pick(operations))}&points=2000`,
    },
    {
      what: 'slow against fast spans of an operation in the hour',
      goalMs: 100,
      next: (random) =>
        `compare?${inTime(hour)}&${slow(random.pick(operations))}&aroundFrom=${hour.fromUs}&aroundTo=${hour.toUs}`,
    },
  ];
}

const inTime = ({ fromUs, toUs }: TimeRange): string => `from=${fromUs}&to=${toUs}`;

const named = ({ service, name, kind }: OperationRow): string =>
  `service=${encodeURIComponent(service)}&name=${encodeURIComponent(name)}&kind=${kind}`;

/** As the page has it: the last byte of the answer has come. */
async function answered(
  { quick }: Bench,
  serve: Serve,
  { what, goalMs, next }: Question,
  spans: number,
): Promise<Figure> {
  const random = new Random(1);
  const times: number[] = [];
  for (let round = 0; round < (quick ? 20 : 60); round++) {
    const { ms } = await serve.ask(next(random));
    times.push(ms);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(share * times.length)] as number;
  const detail = `of ${times.length}, at ${numberText(spans)} spans; half take at most ${numberText(at(0.5))} ms`;
  const text = {
    row,
    what: `95 of 100 answers within: ${what}`,
    unit: 'ms',
    goal: { atMost: goalMs },
    detail,
  };
  return figureOf(text, { median: at(0.95), low: at(0), high: at(1) });
}

/** What nobody needs any more is given back every 2 s. */
const REST_MS = 5_000;

async function memory(pid: number, spans: number): Promise<Figure> {
  await sleep(REST_MS);
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  const detail = `5 s after it has taken and sealed them and answered all that; at most it had ${numberText((Number(kib) * 1024) / 1e6)} MB`;
  const what = `resident memory of serve at ${numberText(spans)} spans`;
  return figureOf({ row, what, unit: 'MB', goal: { atMost: 300 }, detail }, rssMb(pid));
}
