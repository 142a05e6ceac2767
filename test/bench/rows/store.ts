/** The store: what a span costs that is kept, how many are taken in, how much of the disk they take, and whether any is lost. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sqliteNode } from '../../../.scripts/lib/nodes.mjs';
import type { TraceAnswer } from '../../../src/page-api/answers.ts';
import { bytesOf, segmentFiles } from '../../../src/store/folder.ts';
import type { Bench } from '../bench.ts';
import { type Figure, figureOf, numberText } from '../figure.ts';
import { floodAgent, PACE } from '../flooded-agent.ts';
import { exportTo, startSwallow } from '../program.ts';
import { ReplicaSender } from '../replica-sender.ts';
import { Replicas } from '../replicas.ts';
import { Serve } from '../serve.ts';
import { spreadOf } from '../statistics.ts';
import { cpuMs } from '../usage.ts';

const row = 'store';
/** Of a segment of the store, when it is whole. */
const SEGMENT_SPANS = 262_144;
/** Numbers of replicas that no sender uses up. */
const FIRSTS = 1_000_000;
/** Before the first segment is whole. */
const LEFT_SPANS = 22_000;

/** Traces of each request: it is one transaction. */
const LOOKED_UP = 2;

export async function store(bench: Bench): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'goidspan-bench-'));
  try {
    return [
      await besideOtlp(bench, join(folder, 'beside')),
      ...(await served(bench, join(folder, 'served'))),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** An agent with a page and without one, both on a Node that has SQLite. No segment becomes whole meanwhile. */
async function besideOtlp(bench: Bench, folder: string): Promise<Figure> {
  const collector = await startSwallow();
  const window = { rate: PACE, seconds: bench.quick ? 1 : 4 };
  const options = { env: exportTo(collector.url), node: await sqliteNode() };
  const [without, beside, ofThread]: [number[], number[], number[]] = [[], [], []];
  try {
    for (let round = 0; round < Math.min(bench.rounds, 3); round++) {
      for (const [costs, store] of [
        [without, undefined],
        [beside, `${folder}-${round}`],
      ] as const) {
        const run = await floodAgent(bench, window, { ...options, store });
        costs.push((run.cpuMs * 1_000) / run.taken);
        if (store) ofThread.push((run.storeMs * 1_000) / run.taken);
      }
    }
  } finally {
    await collector.stop();
  }
  const [one, other, own] = [without, beside, ofThread].map((costs) => numberText(spreadOf(costs).median));
  const what = 'CPU that an agent needs more per span with --page beside OTLP';
  const detail = `${numberText(PACE)} spans/s of the flood; ${one} µs without, ${other} µs with it, of which ${own} µs are its writing thread's; no segment is sealed yet`;
  const more = beside.map((cost, index) => cost - (without[index] as number));
  return figureOf({ row, what, unit: 'µs', goal: { atMost: 3 }, detail }, spreadOf(more));
}

async function served(bench: Bench, folder: string): Promise<Figure[]> {
  const replicas = new Replicas();
  const times = { fromUs: Date.now() * 1_000, stepUs: 20_000 };
  let serve = await Serve.start(folder, 'agent');
  try {
    const sender = new ReplicaSender(serve, replicas, times);
    const figures = [await intake(bench, serve, sender)];
    letGo(serve.pid);
    figures.push(await stall(bench, folder, sender), onDisk(folder));
    const lost: number[] = [];
    for (let kill = 0; kill < (bench.quick ? 1 : 5); kill++) {
      const next = new ReplicaSender(serve, replicas, { ...times, first: (kill + 1) * FIRSTS });
      await killedWhileSending(serve, next);
      serve = await Serve.start(folder);
      lost.push(await missingOf(serve, next));
    }
    const what = 'acknowledged spans that are lost by kill -9';
    const detail = `${lost.length} times, of the last requests before it, two traces of each looked up`;
    figures.push(
      figureOf(
        { row, what, goal: { atMost: 0 }, detail },
        lost.reduce((sum, spans) => sum + spans, 0),
      ),
    );
    return figures;
  } finally {
    await serve.kill();
  }
}

/** All its threads on one core, sealing too. */
async function intake({ quick }: Bench, { pid }: Serve, sender: ReplicaSender): Promise<Figure> {
  await sender.flood(quick ? 50_000 : 500_000);
  const [rates, costs]: [number[], number[]] = [[], []];
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    const [cpu, began, before] = [cpuMs(pid), performance.now(), sender.spans];
    await sender.flood(quick ? SEGMENT_SPANS - LEFT_SPANS - sender.spans : 2 * SEGMENT_SPANS);
    const spans = sender.spans - before;
    rates.push((spans * 1_000) / (performance.now() - began));
    costs.push(((cpuMs(pid) - cpu) * 1_000) / spans);
  }
  const { median } = spreadOf(costs);
  const what = 'spans/s by OTLP gRPC into the store of serve, on one core';
  const sealing = quick ? 'nothing is sealed meanwhile' : 'sealing included';
  const detail = `${numberText(median)} µs of CPU a span, so ${numberText(1e6 / median)}/s of a core that nobody else wants, ${sealing}; recorded spans, kept before they are acknowledged`;
  return figureOf({ row, what, goal: { atLeast: 100_000 }, detail }, spreadOf(rates));
}

/** It may use all cores again. */
function letGo(pid: number): void {
  execFileSync('taskset', ['-a', '-p', '-c', `0-${availableParallelism() - 1}`, String(pid)], {
    stdio: 'ignore',
  });
}

const sealedIn = (folder: string) => segmentFiles(folder).filter(({ kind }) => kind === 'spans');
const isSealing = (folder: string) => segmentFiles(folder).filter(({ kind }) => kind === 'hot').length > 1;

async function stall({ quick }: Bench, folder: string, sender: ReplicaSender): Promise<Figure> {
  const longest: number[] = [];
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    while (isSealing(folder)) await sleep(50);
    const before = sealedIn(folder).length;
    longest.push(await sender.pace(PACE, () => sealedIn(folder).length > before));
  }
  const what = 'longest that a request waits for its answer while a segment is sealed';
  const detail = `${numberText(PACE)} spans/s, until a segment of ${numberText(SEGMENT_SPANS)} spans is sealed`;
  return figureOf({ row, what, unit: 'ms', goal: { atMost: 100 }, detail }, spreadOf(longest));
}

function onDisk(folder: string): Figure {
  const sealed = sealedIn(folder);
  const bytes = sealed.reduce((sum, { path }) => sum + bytesOf(path), 0);
  const detail = `at most: of ${sealed.length} segments with at least ${numberText(SEGMENT_SPANS)} recorded spans each`;
  return figureOf(
    { row, what: 'bytes of a span on the disk', unit: 'B', goal: { atMost: 150 }, detail },
    bytes / sealed.length / SEGMENT_SPANS,
  );
}

/** What is under way then is not acknowledged. */
async function killedWhileSending(serve: Serve, sender: ReplicaSender): Promise<void> {
  const sending = sender.flood(10 * SEGMENT_SPANS).catch(() => {});
  await sleep(300);
  await serve.kill();
  await sending;
}

/** Of what was acknowledged last, how many spans are not there. */
async function missingOf(serve: Serve, sender: ReplicaSender): Promise<number> {
  if (sender.acknowledged.length === 0) throw new Error('nothing was acknowledged before the kill');
  let missing = 0;
  for (const { traces } of sender.acknowledged) {
    for (const { id, spans } of traces.slice(0, LOOKED_UP)) {
      const trace = await serve.find<TraceAnswer>(`trace/${id}`);
      missing += Math.max(0, spans - (trace?.spanId.length ?? 0));
    }
  }
  return missing;
}
