/**
 * Makes a bare clone ready: system tools, npm packages, build. Safe to run again: says nothing when nothing is to do.
 * Uses only Node's own modules, because it runs before anything is installed.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, ScriptError, say, script, which } from './lib/process.mjs';
import {
  cLibraryPackage,
  compilerOf,
  fetchLibraries,
  hasCLibrary,
  isHost,
  processors,
} from './lib/processors.mjs';
import { fetchServers } from './lib/servers.mjs';

const anyOf = (...paths) => paths.some((path) => existsSync(path));

/** What the build, the tests and the bench call, and the Debian package that brings it. */
const tools = [
  {
    name: 'clang',
    there: () => which('clang'),
    apt: 'clang',
    why: 'compiles the BPF programs',
    required: true,
  },
  { name: 'gcc', there: () => which('gcc'), apt: 'gcc', why: 'compiles the libbpf shim', required: true },
  ...processors
    .filter((processor) => !isHost(processor))
    .flatMap((processor) => [
      {
        name: `gcc for ${processor.name}`,
        there: () => which(compilerOf(processor)),
        apt: processor.compilerPackage,
        why: `compiles the libbpf shim for ${processor.name}`,
      },
      {
        name: `C library for ${processor.name}`,
        there: () => hasCLibrary(processor),
        apt: cLibraryPackage(processor),
        why: `the libbpf shim for ${processor.name} is compiled against it`,
      },
    ]),
  {
    name: 'bpftool',
    there: () => which('bpftool'),
    apt: 'bpftool',
    why: 'reads the record layout from BTF',
    required: true,
  },
  {
    name: 'libbpf headers',
    there: () => anyOf('/usr/include/bpf/libbpf.h'),
    apt: 'libbpf-dev',
    why: 'the shim is built on libbpf',
    required: true,
  },
  {
    name: 'libelf headers',
    there: () => anyOf('/usr/include/libelf.h'),
    apt: 'libelf-dev',
    why: 'libbpf needs libelf',
    required: true,
  },
  {
    name: 'zlib headers',
    there: () => anyOf('/usr/include/zlib.h'),
    apt: 'zlib1g-dev',
    why: 'libelf needs zlib',
    required: true,
  },
  {
    name: 'kernel headers for user space',
    there: () => anyOf('/usr/include/linux/bpf.h'),
    apt: 'linux-libc-dev',
    why: 'constants of the bpf system call',
    required: true,
  },
  {
    name: 'go 1.19',
    there: () => anyOf('/usr/lib/go-1.19/bin/go'),
    apt: 'golang-1.19-go',
    why: 'the oldest Go whose programs the tests trace',
  },
  {
    name: 'objdump for arm64',
    there: () => which('aarch64-linux-gnu-objdump'),
    apt: 'binutils-aarch64-linux-gnu',
    why: 'the witness of the tests that read arm64 programs',
  },
  {
    name: 'qemu for x86-64',
    there: () => which('qemu-system-x86_64'),
    apt: 'qemu-system-x86',
    why: 'boots the kernels that the tests trace on',
  },
  {
    name: 'qemu for arm64',
    there: () => which('qemu-system-aarch64'),
    apt: 'qemu-system-arm',
    why: 'boots the arm64 kernels that the tests trace on',
  },
  {
    name: 'Chromium',
    there: () => which('chromium'),
    apt: 'chromium',
    why: 'the browser in which the tests use the page',
  },
  { name: 'wrk', there: () => which('wrk'), apt: 'wrk', why: 'the load generator of npm run bench' },
];

/** Not in Debian 12 in a version that is new enough, so never installed from here. */
const go = {
  remedy:
    'install Go 1.21 or newer from https://go.dev/dl; without it the tests and the demo that need Go programs are skipped',
};

async function installTools() {
  const missing = tools.filter((tool) => !tool.there());
  if (missing.length > 0 && process.getuid?.() === 0 && which('apt-get')) {
    for (const tool of missing) say(`installing ${tool.apt}: ${tool.why}`);
    const install = (names, log) =>
      run('apt-get', ['install', '-y', '--no-install-recommends', ...names], {
        log,
        mayFail: true,
        env: { DEBIAN_FRONTEND: 'noninteractive' },
      });
    const names = missing.map((tool) => tool.apt);
    if ((await install(names, 'apt-install')) !== 0) {
      say('refreshing the list of Debian packages');
      await run('apt-get', ['update'], { log: 'apt-update', mayFail: true });
      // One package that this release does not have must not keep the others away.
      if ((await install(names, 'apt-install')) !== 0) {
        for (const name of names) await install([name], `apt-install-${name}`);
      }
    }
  }
  const lacking = tools.filter((tool) => !tool.there());
  for (const tool of lacking) {
    say(
      `missing: ${tool.name} (${tool.why}); remedy: apt-get install ${tool.apt}, or your system's package of it`,
    );
  }
  if (!which('go')) say(`missing: go; remedy: ${go.remedy}`);
  const required = lacking.filter((tool) => tool.required).map((tool) => tool.name);
  if (required.length > 0)
    throw new ScriptError(`cannot build: missing ${required.join(', ')} (remedies above)`);
}

/** Does node_modules hold what the lock file says? Optional packages of other platforms may be absent. */
function packagesAreInstalled() {
  const installedPath = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installedPath)) return false;
  const installed = JSON.parse(readFileSync(installedPath, 'utf8')).packages;
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(locked).every(([path, { version, optional, devOptional, peer }]) => {
    if (path === '') return true;
    const there = installed[path];
    return there ? there.version === version : Boolean(optional || devOptional || peer);
  });
}

async function installPackages() {
  if (packagesAreInstalled()) return;
  say('installing the npm packages of package-lock.json');
  await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { log: 'npm-ci' });
}

script(async () => {
  await installTools();
  for (const processor of processors) await fetchLibraries(processor);
  await fetchServers();
  await installPackages();
  const { build } = await import('./build.mjs');
  await build();
});
