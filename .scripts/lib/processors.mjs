/** The processors that the package is for, and what the build of each needs on this host. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { arch } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { ownApt } from './apt.mjs';
import { root, run, say, which } from './process.mjs';

/** `name` as Node calls it, `debian` as Debian does, `bpf` as libbpf does. */
export const processors = [
  {
    name: 'x64',
    debian: 'amd64',
    triple: 'x86_64-linux-gnu',
    compilerPackage: 'gcc-x86-64-linux-gnu',
    bpf: 'x86',
  },
  {
    name: 'arm64',
    debian: 'arm64',
    triple: 'aarch64-linux-gnu',
    compilerPackage: 'gcc-aarch64-linux-gnu',
    bpf: 'arm64',
  },
];

export const isHost = ({ name }) => name === arch();

/** The compiler of C for that processor. */
export const compilerOf = (processor) => (isHost(processor) ? 'gcc' : `${processor.triple}-gcc`);

/** Debian's package of the C library that it compiles against. */
export const cLibraryPackage = (processor) =>
  isHost(processor) ? 'libc6-dev' : `libc6-dev-${processor.debian}-cross`;

/** Debian's packages of what the shim is linked with; those without `-dev` travel with it, and their copyright files. */
const libraryPackages = ['libbpf1', 'libbpf-dev', 'libelf1', 'libelf-dev', 'zlib1g', 'zlib1g-dev'];

/** Where those of another processor are unpacked: Debian's packages, nothing is installed. */
const sysroot = ({ debian }) => join(root, '.cache/sysroot', debian);

/** The folder below which Debian's files of that processor are: `/`, or where they were unpacked. */
export const filesOf = (processor) => (isHost(processor) ? '/' : sysroot(processor));

/** Path of a file as the compiler finds it by itself; undefined if it does not. */
function foundByCompiler(processor, name) {
  const path = execFileSync(compilerOf(processor), [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();
  return isAbsolute(path) ? path : undefined;
}

/** Whether the compiler has a C library of that processor. */
export const hasCLibrary = (processor) =>
  which(compilerOf(processor)) !== undefined && foundByCompiler(processor, 'libc.so') !== undefined;

/** What keeps the shim of another processor from being built here; undefined if nothing does. */
export function missingFor(processor) {
  const compiler = compilerOf(processor);
  if (!which(compiler)) return `no ${compiler} on the PATH (apt-get install ${processor.compilerPackage})`;
  if (!hasCLibrary(processor))
    return `${compiler} has no C library (apt-get install ${cLibraryPackage(processor)})`;
  if (isHost(processor) || existsSync(sysroot(processor))) return undefined;
  return `no libbpf for ${processor.debian} (npm run setup, with apt-get and a mirror of Debian)`;
}

/** Folders of libraries of another processor: both, since Debian 12 has some in each. */
const libraryFolders = (processor) =>
  ['usr/lib', 'lib'].map((folder) => join(sysroot(processor), folder, processor.triple));

/** Arguments with which the compiler finds headers and libraries. */
export function searchPaths(processor) {
  if (isHost(processor)) return [];
  const headers = join(sysroot(processor), 'usr/include');
  const libraries = libraryFolders(processor).flatMap((path) => [`-L${path}`, `-Wl,-rpath-link,${path}`]);
  return [`-I${headers}`, `-I${join(headers, processor.triple)}`, ...libraries];
}

/** Path of a library by its name; undefined if there is none. */
export function libraryPath(processor, name) {
  if (isHost(processor)) return foundByCompiler(processor, name);
  return libraryFolders(processor)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

/**
 * Fetches the libraries of another processor from the host's own mirrors, by an apt with a state of its own.
 * Does nothing if they are there; leaves nothing if they cannot be had.
 */
export async function fetchLibraries(processor) {
  if (isHost(processor) || existsSync(sysroot(processor)) || !which('apt-get') || !which('dpkg-deb')) return;
  say(`fetching Debian's libbpf for ${processor.name}: the libbpf shim for it is linked with that`);
  const state = join(root, '.cache/apt', processor.debian);
  rmSync(state, { recursive: true, force: true });
  const options = ownApt(state, processor.debian);
  const log = `libraries-${processor.debian}`;
  const fetched = join(state, 'fetched');
  mkdirSync(fetched);
  // A mirror without that processor must not keep the others away.
  await run('apt-get', [...options, '-qq', 'update'], { log, mayFail: true });
  const args = [...options, '-qq', 'download', ...libraryPackages];
  if ((await run('apt-get', args, { log, mayFail: true, cwd: fetched })) === 0) {
    const partial = `${sysroot(processor)}.partial`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    for (const file of readdirSync(fetched))
      await run('dpkg-deb', ['-x', join(fetched, file), partial], { log });
    renameSync(partial, sysroot(processor));
  }
  rmSync(state, { recursive: true });
}
