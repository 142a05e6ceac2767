/** Kernels of Debian's archive: the newest of each line, as images in `.cache/kernels`. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Apt, Package } from './apt.ts';
import type { Architecture } from './architecture.ts';
import { cacheDir, output } from './command.ts';

/** A kernel that can be booted. */
export interface KernelImage {
  /** `major.minor` */
  readonly line: string;
  /** `major.minor.patch` */
  readonly version: string;
  /** Path of the image. */
  readonly path: string;
}

const WEEK_MS = 7 * 24 * 3_600_000;

/** `linux-image-6.1.0-56-cloud-amd64`, `linux-image-7.3.4+deb13-cloud-amd64`; release candidates have no third number. */
const imagePattern = ({ debian }: Architecture): RegExp =>
  new RegExp(`^linux-image-\\d+\\.\\d+\\.\\d+(-\\d+|\\+deb\\d+)-cloud-${debian}$`);

const indexPath = ({ name }: Architecture): string => join(cacheDir, name, 'kernels.json');

/** The kernels that have been fetched, from old to new. */
export async function kernelsInCache(architecture: Architecture): Promise<KernelImage[]> {
  const index = await readIndex(architecture);
  const there = (index?.kernels ?? []).map((kernel) => ({
    ...kernel,
    path: pathOf(architecture, kernel.version),
  }));
  return there.filter(({ path }) => existsSync(path));
}

const pathOf = ({ name }: Architecture, version: string): string =>
  join(cacheDir, name, `vmlinuz-${version}`);

interface Index {
  readonly lookedAt: string;
  readonly kernels: readonly Omit<KernelImage, 'path'>[];
}

async function readIndex(architecture: Architecture): Promise<Index | undefined> {
  if (!existsSync(indexPath(architecture))) return undefined;
  return JSON.parse(await readFile(indexPath(architecture), 'utf8')) as Index;
}

/** Has the archive been looked at within a week? */
export async function kernelsAreRecent(architecture: Architecture): Promise<boolean> {
  const index = await readIndex(architecture);
  return index !== undefined && Date.now() - Date.parse(index.lookedAt) < WEEK_MS;
}

/** Fetches the newest kernel of each line that the archive has, and keeps its image only. */
export async function fetchKernels(
  apt: Apt,
  architecture: Architecture,
  say: (text: string) => void,
): Promise<KernelImage[]> {
  const kernels: KernelImage[] = [];
  for (const found of wantedOf(architecture, await apt.packages(imagePattern(architecture)))) {
    const version = versionOf(found).join('.');
    const path = pathOf(architecture, version);
    if (!existsSync(path)) {
      say(`fetching Linux ${version}`);
      // From 6.19 on the image is in a package of its own.
      const holder = found.needs.find((name) => name.startsWith('linux-binary-')) ?? found.name;
      await apt.with(holder, (file) => extractImage(file, path));
    }
    kernels.push({ line: lineOf(found), version, path });
  }
  const index: Index = {
    lookedAt: new Date().toISOString(),
    kernels: kernels.map(({ line, version }) => ({ line, version })),
  };
  await writeFile(indexPath(architecture), JSON.stringify(index, null, 2));
  return kernels;
}

/** Of the package's version: its name says `6.1.0-56` for 6.1.176. */
function versionOf({ version }: Package): number[] {
  return version.split(/[.\-+~]/, 3).map(Number);
}

const lineOf = (found: Package): string => versionOf(found).slice(0, 2).join('.');

/** The newest of each line that is booted on that processor, from old to new. */
function wantedOf({ lines }: Architecture, packages: readonly Package[]): Package[] {
  const newest = newestOfEachLine(packages);
  return newest.filter((found) => !lines || lines.includes(lineOf(found)) || found === newest.at(-1));
}

function newestOfEachLine(packages: readonly Package[]): Package[] {
  const byLine = new Map<string, Package>();
  for (const candidate of packages) {
    const [major, minor, patch = 0] = versionOf(candidate);
    const known = byLine.get(`${major}.${minor}`);
    if (known === undefined || (versionOf(known)[2] as number) < patch)
      byLine.set(`${major}.${minor}`, candidate);
  }
  return [...byLine.values()].sort((a, b) => compareVersions(versionOf(a), versionOf(b)));
}

function compareVersions(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((part, at) => part !== b[at]);
  return index < 0 ? 0 : (a[index] as number) - (b[index] as number);
}

async function extractImage(file: string, path: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  const listing = await output('dpkg-deb', ['-c', file]);
  // `boot/vmlinuz-…`, from 7.2 on `usr/lib/modules/…/vmlinuz`.
  const image = /\.(\/(?:boot\/vmlinuz-\S+|usr\/lib\/modules\/\S+\/vmlinuz))$/m.exec(listing)?.[1];
  if (image === undefined) throw new Error(`cannot find a kernel in ${file}`);
  await output('sh', [
    '-c',
    'dpkg-deb --fsys-tarfile "$0" | tar -xO ".$1" > "$2"',
    file,
    image,
    `${path}.partial`,
  ]);
  await rename(`${path}.partial`, path);
}
