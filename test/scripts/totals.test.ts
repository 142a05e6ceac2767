import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { closingLines, sumOfTallies } from '../../.scripts/lib/totals.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** What the reporter writes of a run of those test files, by the vitest that is here. */
async function tallyOf(files: Readonly<Record<string, string>>): Promise<unknown> {
  // Within the checkout, so that vitest itself is found.
  mkdirSync(join(root, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(root, '.cache/tally-'));
  folders.push(folder);
  writeFileSync(join(folder, 'vitest.config.mjs'), 'export default {};');
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), `import { beforeAll, describe, expect, it } from 'vitest';\n${text}`);
  }
  const tally = join(folder, 'tally.json');
  const reporter = join(root, '.scripts/tally-reporter.mjs');
  const args = ['run', '--root', folder, `--reporter=${reporter}`];
  const { VITEST: _, ...env } = process.env;
  // A run with a failing test ends with an exit code that is not 0.
  await promisify(execFile)(join(root, 'node_modules/.bin/vitest'), args, {
    cwd: folder,
    env: { ...env, GOIDSPAN_TALLY: tally },
    timeout: 60_000,
  }).catch(() => {});
  return JSON.parse(readFileSync(tally, 'utf8'));
}

describe('the totals of a test run', { timeout: 90_000 }, () => {
  it('count as passed only what ran and passed, and every test of a skipped group as skipped', async () => {
    const tally = await tallyOf({
      'a.test.mjs': `
        it('passes', () => {});
        it('fails', () => expect(1).toBe(2));
        it('skips itself', ({ skip }) => skip('no such Go here'));
        it.skip('is skipped', () => {});
        it.todo('is to be written');
        describe.skip('a group (skipped: needs root)', () => {
          it('has a test', () => {});
          it('has another', () => {});
          describe('and a group', () => it('with a third', () => {}));
        });`,
      'b.test.mjs': `it('passes', () => {});`,
    });
    expect(tally).toEqual({
      passed: 2,
      failed: 1,
      skipped: 6,
      reasons: { 'no such Go here': 1, 'skipped in the source': 2, '(skipped: needs root)': 3 },
    });
  });

  it('count a file that cannot be loaded and a hook that throws as failed, and what they kept from running as skipped', async () => {
    const tally = await tallyOf({
      'a.test.mjs': `throw new Error('not loaded');`,
      'b.test.mjs': `
        describe('a group', () => {
          beforeAll(() => { throw new Error('no set-up'); });
          it('has a test', () => {});
        });`,
    });
    expect(tally).toMatchObject({ passed: 0, failed: 2, skipped: 1 });
  });

  it('are those of tests: a check that passed is none, and one that failed shows all the same', () => {
    const tests = { passed: 1881, failed: 0, skipped: 6, reasons: { 'no such Go here': 6 } };
    expect(closingLines(tests, { passed: 6, failed: 0 })).toEqual([
      '▸ 6 skipped: no such Go here',
      '▸ checks before the tests: 6 passed, 0 failed',
      '1881 passed, 0 failed, 6 skipped',
    ]);
    expect(closingLines(tests, { passed: 5, failed: 1 }).at(-1)).toBe('1881 passed, 1 failed, 6 skipped');
  });

  it('of two runs are those of both, and so are the reasons', () => {
    const first = { passed: 3, failed: 0, skipped: 2, reasons: { 'no such Go here': 1, 'needs root': 1 } };
    const second = { passed: 4, failed: 1, skipped: 1, reasons: { 'needs root': 1 } };
    expect(sumOfTallies([first, second])).toEqual({
      passed: 7,
      failed: 1,
      skipped: 3,
      reasons: { 'no such Go here': 1, 'needs root': 2 },
    });
  });
});
