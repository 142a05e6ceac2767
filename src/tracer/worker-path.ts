/** Where the built threads are. */
import { installedPath } from '../installation.ts';

/** Path of a thread's built entry. Throws `shim_unusable`. */
export function workerPath(name: 'ingest-worker' | 'plan-worker'): string {
  return installedPath('dist', 'tracer', `${name}.js`);
}
