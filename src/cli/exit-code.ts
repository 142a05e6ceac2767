/** The exit codes and when each is due. Pure. */
import { constants } from 'node:os';
import { type ErrorCode, GoidspanError } from '../errors.ts';

export const EXIT_SUCCESS = 0;
export const EXIT_FAILURE = 1;
export const EXIT_USAGE = 2;
export const EXIT_NOTHING_ATTACHED = 3;

/** Errors that do not stand in the way of attaching; all others do. */
const FAILURES_AT_RUN_TIME: ReadonlySet<ErrorCode> = new Set([
  'bad_endpoint',
  'cannot_write',
  'cannot_run',
  'cannot_apply',
  'bad_recording',
  'no_go_profile',
  'no_sqlite',
  'bad_store',
  'store_busy',
  'store_full',
  'cannot_listen',
  'no_jaeger',
  'not_in_jaeger',
]);

/** Of an error that ends the command. */
export function exitCodeOfError(error: unknown): number {
  if (!(error instanceof GoidspanError)) return EXIT_FAILURE;
  return FAILURES_AT_RUN_TIME.has(error.code) ? EXIT_FAILURE : EXIT_NOTHING_ATTACHED;
}

/** As shells do: 128 and the number of the signal. */
export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/** What a session came to. */
export interface Outcome {
  /** Exit code of the command of `run`. */
  readonly commandExitCode?: number;
  readonly hasAttached: boolean;
  /** Spans were lost in the export, and not one arrived. */
  readonly hasExportedNothing: boolean;
  /** Something of ours failed on the way: detaching, the summary. */
  readonly hasFailed: boolean;
}

/** A failing command's own code says more than ours; ours more than its success. */
export function exitCodeOf({ commandExitCode, hasAttached, hasExportedNothing, hasFailed }: Outcome): number {
  if (commandExitCode) return commandExitCode;
  if (!hasAttached) return EXIT_NOTHING_ATTACHED;
  return hasExportedNothing || hasFailed ? EXIT_FAILURE : EXIT_SUCCESS;
}
