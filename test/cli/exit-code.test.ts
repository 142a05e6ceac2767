import { describe, expect, it } from 'vitest';
import { exitCodeOf, exitCodeOfError, exitCodeOfSignal } from '../../src/cli/exit-code.ts';
import { GoidspanError } from '../../src/errors.ts';

const FINE = { hasAttached: true, hasExportedNothing: false, hasFailed: false };

describe('exitCodeOf', () => {
  it.each([
    [{}, 0],
    [{ hasAttached: false }, 3],
    [{ hasExportedNothing: true }, 1],
    [{ hasFailed: true }, 1],
    [{ commandExitCode: 0 }, 0],
    [{ commandExitCode: 7 }, 7],
    [{ commandExitCode: 7, hasExportedNothing: true, hasAttached: false }, 7],
    [{ commandExitCode: 0, hasAttached: false }, 3],
    [{ commandExitCode: 0, hasExportedNothing: true }, 1],
  ])('of %j is %i', (more, code) => {
    expect(exitCodeOf({ ...FINE, ...more })).toBe(code);
  });
});

describe('exitCodeOfError', () => {
  it.each([
    ['bad_endpoint', 1],
    ['cannot_write', 1],
    ['cannot_run', 1],
    ['cannot_apply', 1],
    ['no_such_process', 3],
    ['not_permitted', 3],
    ['no_btf', 3],
    ['not_go', 3],
  ] as const)('of %s is %i', (code, expected) => {
    expect(exitCodeOfError(new GoidspanError(code, 'x'))).toBe(expected);
  });

  it('of anything else is 1', () => {
    expect(exitCodeOfError(new TypeError('x'))).toBe(1);
  });
});

describe('exitCodeOfSignal', () => {
  it('is that of shells', () => {
    expect([exitCodeOfSignal('SIGINT'), exitCodeOfSignal('SIGKILL'), exitCodeOfSignal('SIGTERM')]).toEqual([
      130, 137, 143,
    ]);
  });
});
