/** Errors between threads. */
import { GoidspanError } from '../errors.ts';
import type { SentError } from './store-protocol.ts';

export function sentError(error: unknown): SentError {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof GoidspanError ? { code: error.code, message } : { message };
}

export const receivedError = ({ code, message }: SentError): Error =>
  code === undefined ? new Error(message) : new GoidspanError(code, message);
