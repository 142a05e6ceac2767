/** Where the built threads are: beside `native` in the bundle. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GoidspanError } from '../errors.ts';
import { nativePath } from '../kernel/native.ts';

/** Path of a thread's built entry. Throws `shim_unusable`. */
export function workerPath(name: 'ingest-worker' | 'plan-worker'): string {
  const dist = dirname(dirname(nativePath('libgoidspan.so')));
  const path = join(dist, 'tracer', `${name}.js`);
  if (!existsSync(path)) {
    throw new GoidspanError(
      'shim_unusable',
      `cannot find ${path}: it is not part of this installation (reinstall the package, or run \`npm run build\`)`,
    );
  }
  return path;
}
