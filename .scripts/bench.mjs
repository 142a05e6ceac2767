/**
 * `npm run bench`: what tracing costs a plain keep-alive net/http request. Windows with and without goidspan take turns on
 * one process, so that both see the same machine; figures are medians. Writes `.cache/bench.json` too.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { unlessFresh } from './lib/fresh.mjs';
import { root, run, ScriptError, say, script, which } from './lib/process.mjs';

const rounds = 5;
const windowSeconds = 5;
const target = '.cache/bench/hello';
const source = 'test/fixtures/acceptance/hello';

async function buildTarget() {
  for (const tool of ['go', 'wrk']) {
    if (!which(tool))
      throw new ScriptError(`cannot bench: no ${tool} on the PATH (npm run setup says the remedy)`);
  }
  await unlessFresh('bench-hello', { inputs: [source], outputs: [target] }, () =>
    run('go', ['build', '-buildvcs=false', '-o', join(root, target), '.'], {
      cwd: join(root, source),
      log: 'bench-hello',
    }),
  );
}

async function startTarget() {
  const child = spawn(join(root, target), { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /^listening (.+)$/.exec(line)?.[1];
    if (address) return { child, url: `http://${address}/` };
  }
  throw new ScriptError('cannot bench: the target ended before it listened');
}

/** One window of load: requests, requests per second, latencies in milliseconds. */
async function load(url) {
  const args = ['-t1', '-c16', `-d${windowSeconds}s`, '--latency', url];
  await run('wrk', args, { log: 'wrk' });
  const text = readFileSync(join(root, '.cache/log/wrk.log'), 'utf8');
  const unit = { us: 0.001, ms: 1, s: 1000 };
  const percentile = (p) => {
    const [, value, name] = new RegExp(`^\\s+${p}%\\s+([\\d.]+)(us|ms|s)`, 'm').exec(text);
    return Number(value) * unit[name];
  };
  return {
    requests: Number(/(\d+) requests in/.exec(text)[1]),
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)[1]),
    p50: percentile(50),
    p99: percentile(99),
  };
}

/** A window with goidspan attached, and what its summary says of it. */
async function tracedLoad(url, pid) {
  const summaryPath = join(root, '.cache/bench/summary.json');
  const args = ['attach', '--pid', String(pid), '--verbose', '--summary', summaryPath];
  const agent = spawn(process.execPath, [join(root, 'dist/cli/main.js'), ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' },
  });
  const ended = new Promise((done) => agent.on('close', done));
  await new Promise((attached, fail) => {
    let said = '';
    agent.stderr.on('data', (text) => {
      said += text;
      if (/attached/.test(said)) attached();
    });
    ended.then((code) => fail(new ScriptError(`cannot bench: goidspan ended with ${code}\n${said}`)));
  });
  const window = await load(url);
  agent.kill('SIGINT');
  await ended;
  return { ...window, summary: JSON.parse(readFileSync(summaryPath, 'utf8')) };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

function row(name, windows) {
  const of = (key) => median(windows.map((window) => window[key]));
  return { name, perSecond: Math.round(of('perSecond')), p50ms: of('p50'), p99ms: of('p99') };
}

script(async () => {
  await run(process.execPath, [join(root, '.scripts/setup.mjs')]);
  await buildTarget();
  mkdirSync(join(root, '.cache/bench'), { recursive: true });
  const { child, url } = await startTarget();
  try {
    await load(url);
    const without = [];
    const traced = [];
    for (let round = 1; round <= rounds; round++) {
      say(`round ${round} of ${rounds}`);
      without.push(await load(url));
      traced.push(await tracedLoad(url, child.pid));
    }
    const rows = [row('without', without), row('traced', traced)];
    const figures = {
      rows,
      kept: rows[1].perSecond / rows[0].perSecond,
      hitsPerRequest: median(traced.map((window) => window.summary.hits.total / window.requests)),
      lost: traced.map((window) => window.summary.lost.total),
    };
    console.table(rows);
    console.log(`requests/s kept: ${figures.kept.toFixed(2)}`);
    console.log(`probe hits per request: ${figures.hitsPerRequest.toFixed(2)}`);
    console.log(`spans lost and counted: ${figures.lost.join(', ')}`);
    writeFileSync(join(root, '.cache/bench.json'), `${JSON.stringify(figures, null, 2)}\n`);
  } finally {
    child.kill();
  }
});
