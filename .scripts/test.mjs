/**
 * `npm test`: set-up, static checks, generated sources, then every test. Ends with the line
 * `N passed, N failed, N skipped` of tests, in which a failing check or set-up counts as failed too.
 */

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf } from './lib/fresh.mjs';
import { root, run, ScriptError, say } from './lib/process.mjs';
import { closingLines } from './lib/totals.mjs';

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

function readTally() {
  if (!existsSync(tallyPath)) return { passed: 0, failed: 1, skipped: 0, reasons: {} };
  return JSON.parse(readFileSync(tallyPath, 'utf8'));
}

async function runTests() {
  mkdirSync(join(root, '.cache'), { recursive: true });
  rmSync(tallyPath, { force: true });
  const reporters = ['--reporter=default', `--reporter=${join(root, '.scripts/tally-reporter.mjs')}`];
  const vitest = join(root, 'node_modules/.bin/vitest');
  const code = await run(vitest, ['run', ...reporters, ...process.argv.slice(2)], {
    mayFail: true,
    env: { GOIDSPAN_TALLY: tallyPath },
  });
  const tally = readTally();
  // Whatever vitest found wrong that is not a test must show in the closing line.
  if (code !== 0 && tally.failed === 0) tally.failed = 1;
  return tally;
}

let checked = { passed: 0, failed: 0 };
let tested = { passed: 0, failed: 0, skipped: 0, reasons: {} };
try {
  if ((await run(process.execPath, [join(root, '.scripts/setup.mjs')], { mayFail: true })) !== 0) {
    throw new ScriptError('the set-up did not succeed: see above');
  }
  const { checks, runChecks } = await import('./lint.mjs');
  const { prepareKernels } = await import('./kernels.mjs');
  const { preparePeers } = await import('./peers.mjs');
  say('checks');
  checked = await runChecks({
    ...checks,
    'generated sources are current': generatedIsCurrent,
    'real peers are built': preparePeers,
    'kernels are fetched': prepareKernels,
  });
  say('tests');
  tested = await runTests();
} catch (error) {
  process.stdout.write(`✗ ${error.message}\n`);
  checked.failed++;
}
process.exitCode = checked.failed + tested.failed > 0 ? 1 : 0;
for (const line of closingLines(tested, checked)) process.stdout.write(`${line}\n`);
