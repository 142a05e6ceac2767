/** The programs that use a store in a process of their own. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { bundleProgram } from '../support/sink-process.ts';

const cache = fileURLToPath(new URL('../../.cache', import.meta.url));

/** Bundled within the checkout, from where the threads are found. */
export async function storeProgram(name: 'append' | 'append-stacks' | 'fill-disk'): Promise<string> {
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'store-program-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return bundleProgram(`store/programs/${name}.ts`, folder);
}
