/**
 * `npm test`: set-up, static checks, generated sources, then every test. Ends with the line
 * `N passed, N failed, N skipped` of tests, in which a failing check or set-up counts as failed too.
 */

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf } from './lib/fresh.mjs';
import { hasSqlite } from './lib/nodes.mjs';
import { root, run, ScriptError, say } from './lib/process.mjs';
import { closingLines, sumOfTallies } from './lib/totals.mjs';
import { preparePeers } from './peers.mjs';
import { runPageTests } from './test-page.mjs';

const tallyPath = join(root, '.cache/tally.json');

/** What is committed as generated must be what the generator makes of the committed layout. */
async function generatedIsCurrent() {
  const generated = ['src/wire/wire.gen.ts', 'bpf/wire_hash.gen.h'];
  const before = hashOf(generated);
  await run(process.execPath, [join(root, '.scripts/generate-wire.mjs')], { log: 'generate' });
  if (hashOf(generated) === before) return;
  throw new ScriptError(
    `${generated.join(', ')}: not what bpf/wire.h makes of them; they are now: look at the difference and commit it`,
  );
}

/** Runs vitest to its end by `start(args, env)`, which returns its exit code, and reads what it has counted. */
async function tallyOf(start) {
  mkdirSync(join(root, '.cache'), { recursive: true });
  rmSync(tallyPath, { force: true });
  const args = [
    '--reporter=default',
    `--reporter=${join(root, '.scripts/tally-reporter.mjs')}`,
    // What is asked for may be all in the other run.
    '--passWithNoTests',
    ...process.argv.slice(2),
  ];
  const code = await start(args, { GOIDSPAN_TALLY: tallyPath });
  const tally = existsSync(tallyPath)
    ? JSON.parse(readFileSync(tallyPath, 'utf8'))
    : { passed: 0, failed: code === 0 ? 0 : 1, skipped: 0, reasons: {} };
  // Whatever vitest found wrong that is not a test must show in the closing line.
  if (code !== 0 && tally.failed === 0) tally.failed = 1;
  return tally;
}

async function runTests() {
  const vitest = join(root, 'node_modules/.bin/vitest');
  const tallies = [await tallyOf((args, env) => run(vitest, ['run', ...args], { mayFail: true, env }))];
  if (!hasSqlite()) tallies.push(await tallyOf(runPageTests));
  const tally = sumOfTallies(tallies);
  // A run of nothing proves nothing.
  if (tally.passed + tally.failed + tally.skipped === 0) tally.failed = 1;
  return tally;
}

// Meanwhile the set-up mostly waits for the network. Whoever waits for them is told of what goes wrong.
const peers = preparePeers();
peers.catch(() => {});

let checked = { passed: 0, failed: 0 };
let tested = { passed: 0, failed: 0, skipped: 0, reasons: {} };
try {
  if ((await run(process.execPath, [join(root, '.scripts/setup.mjs')], { mayFail: true })) !== 0) {
    throw new ScriptError('the set-up did not succeed: see above');
  }
  const { checks, runChecks } = await import('./lint.mjs');
  const { prepareKernels } = await import('./kernels.mjs');
  say('checks');
  checked = await runChecks({
    ...checks,
    'generated sources are current': generatedIsCurrent,
    'kernels are fetched': prepareKernels,
    'real peers are built': () => peers,
  });
  say('tests');
  tested = await runTests();
} catch (error) {
  process.stdout.write(`✗ ${error.message}\n`);
  checked.failed++;
}
process.exitCode = checked.failed + tested.failed > 0 ? 1 : 0;
for (const line of closingLines(tested, checked)) process.stdout.write(`${line}\n`);
