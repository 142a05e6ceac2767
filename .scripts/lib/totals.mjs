/** What `npm test` says at its end. */

/**
 * The closing lines: what kept tests from running, the checks, and last `N passed, N failed, N skipped`. That line is of tests, so that
 * its three numbers add up to them; a check or a set-up that failed is among the failed, but one that passed is no test.
 */
export function closingLines(tests, checks) {
  return [
    ...Object.entries(tests.reasons).map(([reason, count]) => `▸ ${count} skipped: ${reason}`),
    `▸ checks before the tests: ${checks.passed} passed, ${checks.failed} failed`,
    `${tests.passed} passed, ${tests.failed + checks.failed} failed, ${tests.skipped} skipped`,
  ];
}

/** The tallies of several runs as one. */
export function sumOfTallies(tallies) {
  const sum = { passed: 0, failed: 0, skipped: 0, reasons: {} };
  for (const { passed, failed, skipped, reasons } of tallies) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
    for (const [reason, count] of Object.entries(reasons)) {
      sum.reasons[reason] = (sum.reasons[reason] ?? 0) + count;
    }
  }
  return sum;
}
