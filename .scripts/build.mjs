/** Builds `dist/`: BPF object, native library, JavaScript. Each part only when its sources changed. */

import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { filesUnder, unlessFresh } from './lib/fresh.mjs';
import { root, run, ScriptError, say, script, which } from './lib/process.mjs';

function need(command, remedy) {
  if (!which(command)) throw new ScriptError(`cannot build: no ${command} on the PATH (${remedy})`);
}

/** The compiler line of everything that runs in the kernel. */
function bpfFlags() {
  const triple = execFileSync('gcc', ['-dumpmachine'], { encoding: 'utf8' }).trim();
  return [
    ...['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-Wall', '-Wextra', '-Wno-unused-parameter', '-Werror'],
    ...['-D__TARGET_ARCH_x86', `-I/usr/include/${triple}`, `-ffile-prefix-map=${root}=.`],
  ];
}

/** Compiles one file of programs for the kernel. */
export const compileBpf = (source, output, flags = []) =>
  run('clang', [...bpfFlags(), ...flags, '-c', source, '-o', output]);

/** The objects that are loaded into the kernel, by the flags of their form; the names carry their byte order. */
const bpfObjects = {
  'dist/native/goidspan.bpfel.o': [],
  'dist/native/goidspan-legacy.bpfel.o': ['-DLEGACY'],
};

export async function buildBpf() {
  need('clang', 'npm run setup, or apt-get install clang');
  need('gcc', 'npm run setup, or apt-get install gcc');
  const outputs = Object.keys(bpfObjects);
  const words = [...bpfFlags(), JSON.stringify(bpfObjects)];
  await unlessFresh('bpf', { inputs: ['bpf'], words, outputs }, async () => {
    say('building the BPF objects');
    for (const [output, flags] of Object.entries(bpfObjects)) {
      await compileBpf('bpf/goidspan.bpf.c', output, flags);
    }
  });
}

/**
 * Libraries that travel with the shim: bare Debian 12 and 13 have neither. (They have `libz.so.1`: dpkg needs it.)
 * Name → Debian's package, whose copyright file goes along.
 */
const shippedLibraries = { 'libbpf.so.1': 'libbpf1', 'libelf.so.1': 'libelf1' };

function libraryPath(name) {
  const path = execFileSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();
  if (!isAbsolute(path)) throw new ScriptError(`cannot build: gcc finds no ${name} (npm run setup)`);
  return realpathSync(path);
}

/** The libbpf shim and its libraries beside it. `nodelete`: koffi unloads a library when the last reference is collected. */
export async function buildShim() {
  need('gcc', 'npm run setup, or apt-get install gcc');
  const output = 'dist/native/libgoidspan.so';
  const sources = filesUnder('native').filter((path) => path.endsWith('.c'));
  const libraries = Object.keys(shippedLibraries);
  const args = [
    ...['-shared', '-fPIC', '-O2', '-g', '-Wall', '-Wextra', '-Werror', '-fvisibility=hidden'],
    ...[`-ffile-prefix-map=${root}=.`, '-Wl,-z,nodelete', '-Wl,--version-script=native/exports.map'],
    ...['-Wl,--enable-new-dtags', '-Wl,-rpath,$ORIGIN', '-Wl,--no-as-needed'],
    ...[...sources, '-o', output, '-lbpf', '-lelf', '-lz'],
  ];
  const outputs = [output, ...libraries.map((name) => `dist/native/${name}`)];
  const words = [...args, ...libraries.map(libraryPath)];
  await unlessFresh('shim', { inputs: ['native', 'bpf'], words, outputs }, async () => {
    say('building the libbpf shim');
    await run('gcc', args);
    for (const name of libraries) {
      // A running process keeps the file that it has mapped.
      rmSync(join(root, 'dist/native', name), { force: true });
      copyFileSync(libraryPath(name), join(root, 'dist/native', name));
      const copyright = `/usr/share/doc/${shippedLibraries[name]}/copyright`;
      if (existsSync(copyright)) copyFileSync(copyright, join(root, 'dist/native', `${name}.copyright`));
    }
  });
}

const filesIn = (path) => (existsSync(join(root, path)) ? readdirSync(join(root, path)) : []);

/** ESM and CJS of the library, the worker and the command. */
export async function buildJs() {
  const outputs = [
    'dist/index.js',
    'dist/index.cjs',
    'dist/index.d.ts',
    'dist/cli/main.js',
    'dist/tracer/ingest-worker.js',
    'dist/tracer/plan-worker.js',
  ];
  const inputs = ['src', 'tsdown.config.ts', 'tsconfig.json', 'package.json', 'package-lock.json'];
  await unlessFresh('js', { inputs, outputs }, async () => {
    say('building the JavaScript');
    for (const name of filesIn('dist')) {
      if (name !== 'native') rmSync(join(root, 'dist', name), { recursive: true });
    }
    await run(join(root, 'node_modules/.bin/tsdown'), ['--logLevel', 'warn'], { log: 'tsdown' });
    chmodSync(join(root, 'dist/cli/main.js'), 0o755);
  });
}

const parts = { bpf: buildBpf, shim: buildShim, js: buildJs };

/** Builds the named parts (`bpf`, `shim`, `js`), or all that `dist/` needs. */
export async function build(names = ['bpf', 'shim', 'js']) {
  for (const name of names) {
    const part = parts[name];
    if (!part) throw new ScriptError(`cannot build ${name}: parts are ${Object.keys(parts).join(', ')}`);
    await part();
  }
}

if (process.argv[1] === import.meta.filename) {
  script(() => build(process.argv.length > 2 ? process.argv.slice(2) : undefined));
}
