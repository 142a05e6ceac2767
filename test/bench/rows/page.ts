/** The page in a browser: how large it is, how soon a trace is seen, how smoothly it is scrolled. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { sqliteNode } from '../../../.scripts/lib/nodes.mjs';
import { requestOfJson } from '../../../src/receiver/json-request.ts';
import { browser, startBrowser } from '../../page/support/chromium.ts';
import { generated, traceIdOf } from '../../page/support/large-trace.ts';
import type { Bench } from '../bench.ts';
import { type Figure, figureOf, numberText } from '../figure.ts';
import { startProgram } from '../program.ts';
import { Serve } from '../serve.ts';
import { spreadOf } from '../statistics.ts';

const row = 'page';
const FEW = 2_000;
const MANY = 20_000;
/** Of a flame graph; spans whose stacks are on the disk. */
const FRAMES = 50_000;
const SEEN_SPANS = 20_000;
const files = fileURLToPath(new URL('../../dist/page/', import.meta.url));

/** When rows have been painted, in ms from the navigation on: with the page itself, the question, and what is made of the answer. */
const painted = `{
  const look = () => {
    if (!document.querySelector('[role=row]')) return requestAnimationFrame(look);
    requestAnimationFrame(() => { window.paintedMs = performance.now(); });
  };
  requestAnimationFrame(look);
}`;

const paintedFlame = `{
  const look = () => {
    if (!document.querySelector('.flame canvas')?.dataset.drawn) return requestAnimationFrame(look);
    requestAnimationFrame(() => { window.paintedMs = performance.now(); });
  };
  requestAnimationFrame(look);
}`;

/** Scrolls a little in each frame, and now and then far; ms of each frame. */
const scrolling = `new Promise((done) => {
  const grid = document.querySelector('[role=treegrid]');
  const times = [];
  let last = performance.now();
  let frames = 0;
  const step = (now) => {
    times.push(now - last);
    last = now;
    grid.scrollTop = frames % 30 === 29 ? (grid.scrollTop + 120000) % grid.scrollHeight : grid.scrollTop + 72;
    if (++frames < 180) requestAnimationFrame(step);
    else done(times.slice(5));
  };
  requestAnimationFrame(step);
})`;

export async function page(bench: Bench): Promise<Figure[]> {
  // Without a browser there is nothing else to measure.
  if (browser() !== undefined) return [size()];
  const folder = mkdtempSync(join(tmpdir(), 'goidspan-bench-'));
  const serve = await Serve.start(folder);
  try {
    for (const spans of [FEW, MANY]) {
      await serve.send(Buffer.from(requestOfJson(JSON.stringify(generated(spans)))));
    }
    const started = await startBrowser();
    try {
      const few = await soon(bench, started, serve, FEW, 300);
      const many = await soon(bench, started, serve, MANY, 600);
      return [size(), few, many, ...(await smooth(bench, started, serve)), ...(await flame(bench, started))];
    } finally {
      await started.close();
    }
  } finally {
    await serve.kill();
    rmSync(folder, { recursive: true });
  }
}

function size(): Figure {
  // Speedscope is in a folder, and loaded when it is wanted.
  const names = readdirSync(files, { withFileTypes: true }).filter((entry) => entry.isFile());
  const sizes = names.map(({ name }) => gzipSync(readFileSync(join(files, name))).length);
  const bytes = sizes.reduce((sum, of) => sum + of, 0);
  return figureOf({ row, what: 'all of the page, gzip', unit: 'kB', goal: { atMost: 120 } }, bytes / 1_000);
}

const openTrace = async (page: Page, { url }: Serve, spans: number): Promise<void> => {
  await page.goto('about:blank');
  await page.goto(`${url}/#/trace/${traceIdOf(spans)}`);
};

/** A span that was seen at very many places, on a store of its own. */
async function flame({ rounds, quick }: Bench, started: Browser): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'goidspan-bench-'));
  let serve: Serve | undefined;
  try {
    const args = [folder, traceIdOf(FEW), FEW, FRAMES, SEEN_SPANS].map(String);
    const kept = startProgram('keep-stacks', args, { core: 'any', node: await sqliteNode() });
    const [, bytes = ''] = await kept.output(/^bytes a span (\S+)$/m);
    await kept.ended;
    serve = await Serve.start(folder);
    const page = await started.newPage({ viewport: { width: 1280, height: 800 } });
    await page.addInitScript(paintedFlame);
    const times: number[] = [];
    for (let round = 0; round < (quick ? 2 : rounds); round++) {
      await page.goto('about:blank');
      await page.goto(`${serve.url}/#/span/${traceIdOf(FEW)}/${'1'.padStart(16, '0')}`);
      await page.waitForFunction(() => 'paintedMs' in globalThis);
      times.push(await page.evaluate<number>('window.paintedMs'));
    }
    await page.context().close();
    const what = `until a flame graph of ${numberText(FRAMES)} frames is painted`;
    const detail = `from the navigation on, the page, the span and its trace of ${numberText(FEW)} spans included; the first time ${numberText(times[0] as number)} ms`;
    const onDisk = `${numberText(SEEN_SPANS)} spans of three samples and two waits, 20 frames deep, before their segment is sealed`;
    return [
      figureOf({ row, what, unit: 'ms', goal: { atMost: 1_500 }, detail }, spreadOf(times)),
      figureOf(
        { row, what: 'stacks of a span on the disk', unit: 'B', goal: { atMost: 500 }, detail: onDisk },
        Number(bytes),
      ),
    ];
  } finally {
    await serve?.kill();
    rmSync(folder, { recursive: true });
  }
}

async function soon(
  { rounds, quick }: Bench,
  started: Browser,
  serve: Serve,
  spans: number,
  goalMs: number,
): Promise<Figure> {
  const page = await started.newPage({ viewport: { width: 1280, height: 800 } });
  await page.addInitScript(painted);
  const times: number[] = [];
  for (let round = 0; round < (quick ? 2 : rounds); round++) {
    await openTrace(page, serve, spans);
    await page.waitForFunction(() => 'paintedMs' in globalThis);
    times.push(await page.evaluate<number>('window.paintedMs'));
  }
  await page.context().close();
  const detail = `from the navigation on, the page itself included; the first time ${numberText(times[0] as number)} ms`;
  return figureOf(
    {
      row,
      what: `until a trace of ${numberText(spans)} spans is painted`,
      unit: 'ms',
      goal: { atMost: goalMs },
      detail,
    },
    spreadOf(times),
  );
}

/** As its main thread has spent it. */
async function cpuSecondsOf(page: Page): Promise<() => Promise<number>> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  return async () => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'ThreadTime')?.value ?? Number.NaN;
  };
}

async function smooth({ quick }: Bench, started: Browser, serve: Serve): Promise<Figure[]> {
  const page = await started.newPage({ viewport: { width: 1280, height: 800 } });
  await openTrace(page, serve, MANY);
  await page.getByRole('treegrid').waitFor();
  const cpuSeconds = await cpuSecondsOf(page);
  const [p95, cpuMs]: [number[], number[]] = [[], []];
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    const before = await cpuSeconds();
    const frames = (await page.evaluate<number[]>(scrolling)).sort((a, b) => a - b);
    cpuMs.push((1_000 * ((await cpuSeconds()) - before)) / frames.length);
    p95.push(frames[Math.floor(0.95 * frames.length)] as number);
  }
  await page.context().close();
  const what = '95 of 100 frames take at most, scrolling';
  const detail = `${numberText(MANY)} spans, now and then a jump across many`;
  return [
    figureOf({ row, what, unit: 'ms', goal: { atMost: 25 }, detail }, spreadOf(p95)),
    // Whoever else wants the processors: there must be time left in a frame.
    figureOf({ row, what: '… CPU of a frame', unit: 'ms', goal: { atMost: 12 } }, spreadOf(cpuMs)),
  ];
}
