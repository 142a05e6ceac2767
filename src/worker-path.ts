/** Where the built threads are, and what to say when one cannot work. */
import { GoidspanError, remedyOf } from './errors.ts';
import { installedPath } from './installation.ts';

/** Path of a thread's built entry. Throws `shim_unusable`. */
export function workerPath(
  name: 'ingest/ingest-worker' | 'attach/plan-worker' | 'symbols/symbol-worker' | 'store/store-worker',
): string {
  return installedPath('dist', `${name}.js`);
}

/** A thread could not be started, or has failed. */
export function threadError(verb: string, cause: Error): GoidspanError {
  const remedy = remedyOf(cause.message, 'please report it');
  return new GoidspanError('shim_unusable', `cannot ${verb}: ${cause.message} (${remedy})`, { cause });
}
