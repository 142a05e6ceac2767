/**
 * `npm run bench`: what tracing costs, as a table and as JSON (`.cache/bench.json`).
 * `npm run bench -- --url URL [-- CMD ARGS…]`: what it costs a service of your own.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from './lib/bundle.mjs';
import { root, run, ScriptError, say, script, which } from './lib/process.mjs';

const usage = `npm run bench -- [--quick] [--only ROW]… [--json FILE]
npm run bench -- --url URL (--pid N | -- CMD ARGS…) [--rate N] [--connections N] [--seconds N] [--rounds N] [--any-host] [--json FILE]

What tracing costs on this machine, row by row as each is measured, then as a table. Results go to .cache/bench.json too.

  --quick       shorter windows and fewer rounds: figures are rough
  --only ROW    one row (may be repeated), e.g. saturated; an unknown name is answered with all names
  --json FILE   where the figures go
  --url URL     what it costs a service of yours, which runs as --pid N or is started as CMD
  --rate N, --connections N, --seconds N, --rounds N   its load; --any-host: also when it is not on this host`;

/** What runs in processes of its own. */
const programs = ['swallow', 'plug-in', 'queue', 'keep-stacks'];

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true },
        json: { type: 'string', default: join(root, '.cache/bench.json') },
        url: { type: 'string' },
        pid: { type: 'string' },
        rate: { type: 'string' },
        connections: { type: 'string' },
        seconds: { type: 'string' },
        rounds: { type: 'string' },
        'any-host': { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new ScriptError(`${error.message}\n${usage}`);
  }
}

const bundled = () =>
  bundle('bench', {
    bench: 'test/bench/bench.ts',
    ...Object.fromEntries(programs.map((name) => [name, `test/bench/programs/${name}.ts`])),
  });

/** The flood's program for the kernel, and its loader. */
async function buildFlood() {
  const { compileBpf } = await import('./build.mjs');
  const tools = { object: join(root, '.cache/flood.bpfel.o'), loader: join(root, '.cache/flood') };
  await compileBpf('test/bench/flood.bpf.c', tools.object);
  await run('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', 'test/bench/flood.c', '-o', tools.loader, '-lbpf']);
  return tools;
}

/** Two processes that switch to and fro. */
async function buildSwitches() {
  const output = join(root, '.cache/switches');
  await run('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', 'test/bench/switches.c', '-o', output]);
  return output;
}

async function buildEmptyPrograms() {
  const { compileBpf } = await import('./build.mjs');
  const output = join(root, '.cache/empty.bpfel.o');
  await compileBpf('test/bench/empty.bpf.c', output);
  return output;
}

/** How long each row took the last time, full and quick apart. */
const secondsPath = join(root, '.cache/bench-seconds.json');

function readSeconds() {
  return existsSync(secondsPath) ? JSON.parse(readFileSync(secondsPath, 'utf8')) : {};
}

/** What a row takes about, until it has been measured here. */
const TYPICAL_SECONDS = { full: 60, quick: 8 };

/** Says how long it will take. */
function sayHowLong(names, quick) {
  const kind = quick ? 'quick' : 'full';
  const known = readSeconds()[kind] ?? {};
  const total = names.reduce((sum, name) => sum + (known[name] ?? TYPICAL_SECONDS[kind]), 0);
  say(`${names.length} rows, about ${Math.max(1, Math.round(total / 60))} min`);
}

function keepSeconds(name, seconds, quick) {
  const known = readSeconds();
  const kind = quick ? 'quick' : 'full';
  const next = { ...known, [kind]: { ...known[kind], [name]: Math.round(seconds * 10) / 10 } };
  mkdirSync(dirname(secondsPath), { recursive: true });
  writeFileSync(secondsPath, `${JSON.stringify(next, null, 2)}\n`);
}

/** What goes wrong in the bench is told without a stack: a service that does not start, a process that may not be traced. */
async function figuresOf(bench, values, command) {
  try {
    if (values.url) return await bench.benchOwnService({ ...values, command, say });
    const names = bench.rowsOf(values.only);
    sayHowLong(names, values.quick);
    return await bench.runBench({
      ...values,
      names,
      emptyObject: await buildEmptyPrograms(),
      floodTools: await buildFlood(),
      switches: await buildSwitches(),
      say,
      onRow: ({ name, figures, seconds }) => {
        for (const figure of figures) process.stdout.write(`    ${bench.lineOf(figure)}\n`);
        keepSeconds(name, seconds, values.quick);
      },
    });
  } catch (error) {
    throw new ScriptError(`cannot bench: ${error.message}`);
  }
}

script(async () => {
  const { values, positionals } = readArguments();
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  for (const tool of values.url ? ['go'] : ['go', 'wrk', 'taskset']) {
    if (!which(tool))
      throw new ScriptError(`cannot bench: no ${tool} on the PATH (npm run setup says the remedy)`);
  }
  await run(process.execPath, [join(root, '.scripts/setup.mjs')]);
  const bench = await bundled();
  const figures = await figuresOf(bench, values, positionals);
  const json = resolve(values.json);
  mkdirSync(dirname(json), { recursive: true });
  writeFileSync(json, `${JSON.stringify(figures, null, 2)}\n`);
  process.stdout.write(`\n${bench.tableOf(figures)}\n\n${json}\n`);
});
