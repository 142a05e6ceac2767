/** What was thrown, as it is told. */
import { GoidspanError } from '../errors.ts';
import type { Reason } from './status.ts';

export function reasonOf(error: unknown): Reason {
  const message = messageOf(error);
  return error instanceof GoidspanError ? { code: error.code, message } : { message };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
