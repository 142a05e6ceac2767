/** Fetches kernels and what the guest is made of, once; says what is missing where that cannot be. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Apt, missingForApt } from './apt.ts';
import { type Architecture, architectures } from './architecture.ts';
import { fetchBase, hasBase } from './initramfs.ts';
import { fetchKernels, type KernelImage, kernelsAreRecent, kernelsInCache } from './kernel-images.ts';

/** Why no machine can be booted here; undefined if one can. */
export function missingMachine({ qemu, qemuPackage }: Architecture): string | undefined {
  const path = (process.env['PATH'] ?? '').split(delimiter);
  if (path.some((folder) => existsSync(join(folder, qemu)))) return undefined;
  return `no ${qemu} on the PATH (Debian package ${qemuPackage})`;
}

/**
 * The kernels, from old to new, in the cache. Looks into the archive when there are none, or on demand when it was not
 * looked into for a week; what cannot be fetched then stays as it is.
 */
export async function fetched(
  architecture: Architecture,
  say: (text: string) => void,
  { refresh = false } = {},
): Promise<KernelImage[]> {
  const kernels = await kernelsInCache(architecture);
  const isEnough = kernels.length > 0 && hasBase(architecture);
  if (isEnough && (!refresh || (await kernelsAreRecent(architecture)))) return kernels;
  const missing = await missingForApt();
  if (missing !== undefined) {
    if (isEnough) return kernels;
    throw new Error(`cannot fetch kernels: ${missing}`);
  }
  say("reading the index of Debian's archive (an apt state of its own; nothing is installed)");
  const apt = await Apt.updated(architecture);
  await fetchBase(apt, architecture, say);
  return await fetchKernels(apt, architecture, say);
}

/** For `npm test`: fetches what is missing, where that can be. Without it, tests are skipped by that name. */
export async function prepare(say: (text: string) => void): Promise<void> {
  for (const architecture of Object.values(architectures)) {
    if (missingMachine(architecture) === undefined) await fetched(architecture, say);
  }
}
