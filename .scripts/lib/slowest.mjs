/** The page, opened on the slowest request that is in a store, with what is said of it. */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ScriptError, say, which } from './process.mjs';

const START_MS = 20_000;
const SERVER = 2;
const HITS_MAX = 1_000;

async function answerTo(url) {
  const response = await fetch(url);
  const answer = await response.json();
  if (!response.ok) throw new ScriptError(`cannot look at the page: ${answer.error}`);
  return answer;
}

/** Of those that say why they were slow, if there are any. */
async function slowestOf(page) {
  const { hits } = await answerTo(`${page}/api/search?kind=${SERVER}&limit=${HITS_MAX}`);
  const explained = hits.filter(({ cause }) => cause !== undefined);
  const [slowest] = (explained.length > 0 ? explained : hits).sort((a, b) => b.durationNs - a.durationNs);
  return slowest && (await answerTo(`${page}/api/span/${slowest.traceId}/${slowest.spanId}`));
}

/** Resolves with the URL when the page is there. */
function started(child) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new ScriptError('the page does not start')), START_MS);
    createInterface({ input: child.stderr }).on('line', (line) => {
      const [, url] = /the page is at (\S+)/.exec(line) ?? [];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
    child.on('close', (code) => reject(new ScriptError(`the page does not start: exit code ${code}`)));
  });
}

/** Serves a store until the page is closed by Ctrl-C; without a terminal only until it has been said what is on it. */
export async function showSlowest(node, cli, store) {
  const ports = ['--port', '0', '--otlp-grpc-port', '0', '--otlp-http-port', '0'];
  const child = spawn(node, [cli, 'serve', '--store', store, ...ports], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  try {
    const page = await started(child);
    const slowest = await slowestOf(page);
    if (!slowest) throw new ScriptError('no request was kept');
    const { name, durationNs, attributes, traceId, spanId } = slowest;
    const why = attributes['goidspan.verdict'] ?? 'nothing is said of why';
    const url = `${page}/#/span/${traceId}/${spanId}`;
    say(`the slowest request: ${name}, ${(durationNs / 1e6).toFixed(1)} ms: ${why}`);
    say(`its page: ${url}`);
    if (!process.stdout.isTTY) return;
    if (process.env.DISPLAY && which('xdg-open'))
      spawn('xdg-open', [url], { stdio: 'ignore', detached: true }).unref();
    say('Ctrl-C ends it');
    process.once('SIGINT', () => {});
    await ended;
  } finally {
    child.kill();
    await ended;
  }
}
