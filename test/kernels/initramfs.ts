/**
 * The one file system of all machines: Debian 12's C library, Node, the package as users get it, the Go programs to be
 * traced, and the guest, which is its first process.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildGo } from '../support/go-build.ts';
import { pack } from '../support/installed.ts';
import type { Apt } from './apt.ts';
import type { Architecture } from './architecture.ts';
import { cacheDir, output, root } from './command.ts';
import { Cpio } from './cpio.ts';
import { loadKindsOf, matrixKinds, stressKinds } from './kinds.ts';

/** What Node, the shim and `goidspan run` need, from the oldest Debian that is promised. */
const PACKAGES = ['libc6', 'libstdc++6', 'libgcc-s1', 'zlib1g', 'dash'].map((name) => `${name}/bookworm`);

/** The oldest Node that is promised has the range's major number. */
const NODE_RANGE = '^20.19';

const basePath = ({ name }: Architecture): string => join(cacheDir, name, 'base');
const initramfsPath = ({ name }: Architecture): string => join(cacheDir, name, 'initramfs.cpio');

export const hasBase = (architecture: Architecture): boolean => existsSync(basePath(architecture));

/** Fetches what does not change with the checkout: libraries and Node. */
export async function fetchBase(
  apt: Apt,
  architecture: Architecture,
  say: (text: string) => void,
): Promise<void> {
  if (hasBase(architecture)) return;
  say('fetching the libraries and the Node of the guest');
  const partial = `${basePath(architecture)}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(join(partial, 'usr/bin'), { recursive: true });
  for (const name of PACKAGES) await apt.with(name, (file) => output('dpkg-deb', ['-x', file, partial]));
  for (const folder of ['usr/share', `usr/lib/${architecture.triplet}/gconv`]) {
    await rm(join(partial, folder), { recursive: true, force: true });
  }
  // npm has the executable of each release and processor as a package.
  const packed = await output('npm', ['pack', '--json', `node-linux-${architecture.name}@${NODE_RANGE}`], {
    cwd: partial,
  });
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  const member = 'package/bin/node';
  await output('tar', ['-xzf', filename, '--strip-components=1', '-C', 'usr', member], { cwd: partial });
  await rm(join(partial, filename));
  await rename(partial, basePath(architecture));
}

/** Makes the file system of what `dist/` and the sources are now. @returns its path */
export async function makeInitramfs(
  architecture: Architecture,
  say: (text: string) => void,
): Promise<string> {
  const path = initramfsPath(architecture);
  const programs = await buildPrograms(architecture);
  const stamp = await stampOf(programs);
  const stampPath = `${path}.stamp`;
  if (existsSync(path) && existsSync(stampPath) && (await readFile(stampPath, 'utf8')) === stamp) return path;
  say('packing the guest');
  const cpio = new Cpio();
  for (const folder of ['proc', 'sys', 'dev', 'tmp', 'etc']) cpio.folder(folder);
  cpio.characterDevice('dev/console', 5, 1);
  cpio.text('etc/passwd', 'root:x:0:0:root:/:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\n');
  for (const name of await readdir(basePath(architecture)))
    await cpio.copy(join(basePath(architecture), name), name);
  await copyPackage(cpio, architecture);
  for (const [to, from] of Object.entries(programs)) await cpio.copy(from, to);
  await cpio.copy(join(root, LOADER), 'guest/load-alone.mjs');
  cpio.text('kinds/matrix.json', JSON.stringify(loadKindsOf(matrixKinds)));
  cpio.text('kinds/stress.json', JSON.stringify(loadKindsOf(stressKinds)));
  await cpio.write(`${path}.partial`);
  await rename(`${path}.partial`, path);
  await writeFile(stampPath, stamp);
  return path;
}

const LOADER = 'test/kernels/guest/load-alone.mjs';

/** The guest, which is the load on a host too. */
export const buildGuest = (arch: string): Promise<string> =>
  buildGo({ dir: 'test/kernels/guest', name: `kernels-guest-${arch}`, arch });

/** Path in the guest → path here. */
async function buildPrograms({ debian: arch }: Architecture): Promise<Readonly<Record<string, string>>> {
  const server = await buildGo({ dir: 'test/fixtures/acceptance/server', name: 'acceptance-server', arch });
  return {
    init: await buildGuest(arch),
    'srv/server': server,
    // The same program as another file: what is found out about one is not known of the other.
    'srv/churned': server,
    'srv/xnet': await buildGo({ dir: 'test/fixtures/acceptance/xnet', name: 'acceptance-xnet', arch }),
  };
}

/** The package, packed and installed with its dependencies for that processor. */
async function copyPackage(cpio: Cpio, { name: cpu }: Architecture): Promise<void> {
  const folder = join(cacheDir, cpu, 'app');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { tarball } = await pack(folder);
  await writeFile(join(folder, 'package.json'), '{ "name": "guest", "private": true }');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
  await output('npm', ['install', ...quiet, '--os=linux', `--cpu=${cpu}`, tarball], { cwd: folder });
  await cpio.copy(join(folder, 'node_modules'), 'app/node_modules');
}

/** Everything that decides the contents: of the Go programs the names, which say what they were built of. */
async function stampOf(programs: Readonly<Record<string, string>>): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([programs, matrixKinds, stressKinds]));
  const files = ['package.json', 'package-lock.json', LOADER, ...(await filesUnder('dist'))];
  for (const file of files.sort()) hash.update(file).update(await readFile(join(root, file)));
  return hash.digest('hex');
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
}
