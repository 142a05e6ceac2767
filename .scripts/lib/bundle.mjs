/** TypeScript of `test/` for scripts: bundled into a folder of `.cache/`. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './process.mjs';

/**
 * Bundles `entries` (name → path from the root) into `.cache/<name>`, two levels below the checkout as their sources are,
 * so that they find `dist/` and `.cache/` from there.
 * @returns what the entry of that name exports
 */
export async function bundle(name, entries) {
  const { build } = await import('tsdown');
  const outDir = join(root, '.cache', name);
  await build({
    config: false,
    cwd: root,
    entry: entries,
    deps: { neverBundle: /^(@(opentelemetry|grpc)\/|playwright-core$)/ },
    outDir,
    format: ['esm'],
    platform: 'node',
    target: 'node20.19',
    fixedExtension: true,
    dts: false,
    logLevel: 'warn',
  });
  return await import(pathToFileURL(join(outDir, `${name}.mjs`)).href);
}
