/** A vitest reporter that only counts: `.scripts/test.mjs` adds its own checks and prints the closing line. */

import { writeFileSync } from 'node:fs';

/** Passed is only what ran and passed; what never ran is skipped, whatever kept it from running. */
export default class TallyReporter {
  onTestRunEnd(testModules, unhandledErrors) {
    const tally = { passed: 0, failed: unhandledErrors.length, skipped: 0, reasons: {} };
    for (const module of testModules) {
      // A file that cannot be loaded has no tests, and a hook that throws is none: each counts as one that failed.
      const suites = [module, ...module.children.allSuites()];
      for (const suite of suites) tally.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state, note } = test.result();
        if (state === 'passed') tally.passed++;
        else if (state === 'failed') tally.failed++;
        else {
          tally.skipped++;
          const reason = note ?? /\(skipped: [^)]+\)/.exec(test.fullName)?.[0] ?? 'skipped in the source';
          tally.reasons[reason] = (tally.reasons[reason] ?? 0) + 1;
        }
      }
    }
    writeFileSync(process.env.GOIDSPAN_TALLY, JSON.stringify(tally));
  }
}
