import { expect, it } from 'vitest';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { Child } from '../support/child.ts';
import { goidspanMain } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';

/** From what Node itself needs to more than all of it: what fails first differs from one to the next. */
const LIMITS = [...Array.from({ length: 16 }, (_, step) => 32 + 3 * step), 1024];
/** Enough for the command itself, and too few for its programs in the kernel. */
const FEW = 47;

describeWith([kernel, go], 'with a limit of open files that is too low', () => {
  it('every error names the limit, whatever was being done, and none is internal', {
    timeout: 120_000,
  }, async () => {
    const server = await buildGo({ dir: 'test/fixtures/acceptance/hello', name: 'acceptance-hello' });
    const outcomes = new Map<number, number | string>();
    for (const limit of LIMITS) {
      const words = [process.execPath, goidspanMain, 'run', '--duration', '0.1', '--', server];
      const child = new Child('sh', ['-c', `ulimit -n ${limit} && exec "$0" "$@"`, ...words]);
      const code = await child.ended;
      outcomes.set(limit, code);
      const complaints = child.stderr.split('\n').filter((line) => /^goidspan: (cannot|internal)/.test(line));
      expect(complaints.length > 0, `limit ${limit}: ${child.stderr}`).toBe(code !== 0);
      for (const line of complaints) expect(line).toMatch(/ \(raise the limit of open files: ulimit -n, or /);
    }
    expect([outcomes.get(FEW), outcomes.get(1024)]).toEqual([3, 0]);
  });
});
