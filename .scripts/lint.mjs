/** Format, lint, types, unused code, direction of imports: each on its own line, all of them even if one fails. */

import { join } from 'node:path';
import { root, run, ScriptError, script } from './lib/process.mjs';

const bin = (name) => join(root, 'node_modules/.bin', name);

async function rooms() {
  const { allRoomFaults } = await import('./rooms.mjs');
  const faults = allRoomFaults();
  if (faults.length > 0) throw new ScriptError(faults.join('\n'));
}

/** Name of a check → what it runs; a check that fails throws. */
export const checks = {
  'format and lint (biome)': () => run(bin('biome'), ['check', '--error-on-warnings'], { log: 'biome' }),
  'types (tsc)': () => run(bin('tsc'), ['--noEmit'], { log: 'tsc' }),
  'types of the page (tsc)': () => run(bin('tsc'), ['--noEmit', '-p', 'src/ui'], { log: 'tsc-page' }),
  'unused code (knip)': () => run(bin('knip'), ['--no-progress'], { log: 'knip' }),
  'direction of imports': rooms,
};

/** Runs the checks and returns how many passed and failed. */
export async function runChecks(named) {
  const count = { passed: 0, failed: 0 };
  for (const [name, check] of Object.entries(named)) {
    try {
      await check();
      count.passed++;
      process.stdout.write(`✓ ${name}\n`);
    } catch (error) {
      count.failed++;
      process.stdout.write(`✗ ${name}\n${error.message}\n`);
    }
  }
  return count;
}

if (process.argv[1] === import.meta.filename) {
  script(async () => {
    const { failed } = await runChecks(checks);
    if (failed > 0) process.exitCode = 1;
  });
}
