/** Builds `dist/`: BPF object, native library, JavaScript. Each part only when its sources changed. */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { filesUnder, unlessFresh } from './lib/fresh.mjs';
import { root, run, ScriptError, say, script, which } from './lib/process.mjs';
import {
  compilerOf,
  filesOf,
  isHost,
  libraryPath,
  missingFor,
  processors,
  searchPaths,
} from './lib/processors.mjs';

function need(command, remedy) {
  if (!which(command)) throw new ScriptError(`cannot build: no ${command} on the PATH (${remedy})`);
}

/** Where the native files of a processor are built to. */
const nativeFolder = ({ name }) => `dist/native/linux-${name}`;

/** The compiler line of everything that runs in the kernel. */
function bpfFlags({ bpf }) {
  const triple = execFileSync('gcc', ['-dumpmachine'], { encoding: 'utf8' }).trim();
  return [
    ...['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-Wall', '-Wextra', '-Wno-unused-parameter', '-Werror'],
    ...[`-D__TARGET_ARCH_${bpf}`, `-I/usr/include/${triple}`, `-ffile-prefix-map=${root}=.`],
  ];
}

/** Compiles one file of programs for the kernel, by default for this host's processor. */
export const compileBpf = (source, output, flags = [], processor = processors.find(isHost)) =>
  run('clang', [...bpfFlags(processor), ...flags, '-c', source, '-o', output]);

/**
 * The objects that are loaded into the kernel, by the flags of their form; the names carry their byte order. Kernels for
 * arm64 that would need the legacy form lack more: atomic operations that order reads, tail calls beside functions.
 */
const bpfObjectsOf = ({ name }) => ({
  'goidspan.bpfel.o': [],
  ...(name === 'x64' && { 'goidspan-legacy.bpfel.o': ['-DLEGACY'] }),
});

export async function buildBpf() {
  need('clang', 'npm run setup, or apt-get install clang');
  need('gcc', 'npm run setup, or apt-get install gcc');
  need('bpftool', 'npm run setup, or apt-get install bpftool');
  mkdirSync(join(root, '.cache'), { recursive: true });
  for (const processor of processors) {
    const objects = bpfObjectsOf(processor);
    const outputs = Object.keys(objects).map((name) => `${nativeFolder(processor)}/${name}`);
    const words = [...bpfFlags(processor), JSON.stringify(objects), 'without debug information'];
    await unlessFresh(`bpf-${processor.name}`, { inputs: ['bpf'], words, outputs }, async () => {
      say(`building the BPF objects for ${processor.name}`);
      for (const [index, flags] of Object.values(objects).entries()) {
        const compiled = join(root, '.cache', `${processor.name}.bpf.o`);
        await compileBpf('bpf/goidspan.bpf.c', compiled, flags, processor);
        // Without the debug information, which is half of it; BTF stays.
        await run('bpftool', ['gen', 'object', outputs[index], compiled]);
      }
    });
  }
}

/**
 * Libraries that travel with the shim: bare Debian 12 and 13 have neither. (They have `libz.so.1`: dpkg needs it.)
 * Name → Debian's package, whose copyright file goes along.
 */
const shippedLibraries = { 'libbpf.so.1': 'libbpf1', 'libelf.so.1': 'libelf1' };

/** The shim of every processor: one that cannot be built here is named, and only that of this host is indispensable. */
export async function buildShim() {
  for (const processor of processors) {
    const missing = missingFor(processor);
    if (missing === undefined) {
      await buildShimFor(processor);
      continue;
    }
    if (isHost(processor)) throw new ScriptError(`cannot build: ${missing}`);
    say(`no libbpf shim for ${processor.name}, and so no package: ${missing}`);
    // One of other sources must not be taken for it.
    rmSync(join(root, nativeFolder(processor), 'libgoidspan.so'), { force: true });
  }
}

/** The libbpf shim and its libraries beside it. `nodelete`: koffi unloads a library when the last reference is collected. */
async function buildShimFor(processor) {
  const folder = nativeFolder(processor);
  const output = `${folder}/libgoidspan.so`;
  const sources = filesUnder('native').filter((path) => path.endsWith('.c'));
  const libraries = Object.keys(shippedLibraries);
  const args = [
    ...['-shared', '-fPIC', '-O2', '-g', '-Wall', '-Wextra', '-Werror', '-fvisibility=hidden'],
    ...[`-ffile-prefix-map=${root}=.`, '-Wl,-z,nodelete', '-Wl,--version-script=native/exports.map'],
    ...['-Wl,--enable-new-dtags', '-Wl,-rpath,$ORIGIN', '-Wl,--no-as-needed'],
    ...[...searchPaths(processor), ...sources, '-o', output, '-lbpf', '-lelf', '-l:libz.so.1'],
  ];
  const outputs = [output, ...libraries.map((name) => `${folder}/${name}`)];
  const paths = libraries.map((name) => foundLibrary(processor, name));
  await unlessFresh(
    `shim-${processor.name}`,
    { inputs: ['native', 'bpf'], words: [...args, ...paths], outputs },
    async () => {
      say(`building the libbpf shim for ${processor.name}`);
      await run(compilerOf(processor), args);
      for (const [index, name] of libraries.entries()) {
        // A running process keeps the file that it has mapped.
        rmSync(join(root, folder, name), { force: true });
        copyFileSync(paths[index], join(root, folder, name));
        const copyright = join(filesOf(processor), 'usr/share/doc', shippedLibraries[name], 'copyright');
        if (existsSync(copyright)) copyFileSync(copyright, join(root, folder, `${name}.copyright`));
      }
    },
  );
}

function foundLibrary(processor, name) {
  const path = libraryPath(processor, name);
  if (path === undefined)
    throw new ScriptError(`cannot build: no ${name} for ${processor.name} (npm run setup)`);
  return realpathSync(path);
}

const filesIn = (path) => (existsSync(join(root, path)) ? readdirSync(join(root, path)) : []);

/** ESM and CJS of the library, the worker and the command. */
export async function buildJs() {
  const outputs = [
    'dist/index.js',
    'dist/index.cjs',
    'dist/index.d.ts',
    'dist/cli/main.js',
    'dist/ingest/ingest-worker.js',
    'dist/attach/plan-worker.js',
  ];
  const inputs = ['src', 'tsdown.config.ts', 'tsconfig.json', 'package.json', 'package-lock.json'];
  await unlessFresh('js', { inputs, outputs }, async () => {
    say('building the JavaScript');
    for (const name of filesIn('dist')) {
      if (name !== 'native' && name !== 'page') rmSync(join(root, 'dist', name), { recursive: true });
    }
    await run(join(root, 'node_modules/.bin/tsdown'), ['--logLevel', 'warn'], { log: 'tsdown' });
    chmodSync(join(root, 'dist/cli/main.js'), 0o755);
  });
}

/** What the browser loads: one script and one style sheet, nothing from elsewhere. Preact is in the script. Speedscope is loaded when it is wanted. */
export async function buildPage() {
  const outputs = [
    ...['dist/page/index.html', 'dist/page/app.js', 'dist/page/app.css'],
    ...['dist/page/speedscope/index.html', 'dist/page/speedscope/speedscope.js.gz'],
  ];
  const inputs = ['src/ui', 'src/page-api', 'package-lock.json'];
  await unlessFresh('page', { inputs, outputs }, async () => {
    say('building the page');
    const esbuild = await import('esbuild');
    await esbuild.build({
      absWorkingDir: root,
      entryPoints: { app: 'src/ui/main.tsx' },
      outdir: 'dist/page',
      bundle: true,
      minify: true,
      format: 'esm',
      target: ['chrome123', 'firefox121', 'safari17.5'],
      jsx: 'automatic',
      jsxImportSource: 'preact',
      legalComments: 'eof',
      logLevel: 'warning',
    });
    copyFileSync(join(root, 'src/ui/index.html'), join(root, 'dist/page/index.html'));
    await buildSpeedscope(esbuild);
  });
}

/** Speedscope as it is published, without its examples and what reads formats that nobody gives it; its licences go along. */
async function buildSpeedscope(esbuild) {
  const folder = join(root, 'dist/page/speedscope');
  const published = dirname(fileURLToPath(import.meta.resolve('speedscope/package.json')));
  const release = join(published, 'dist/release');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: { frame: 'src/ui/speedscope-frame.ts' },
    outdir: 'dist/page/speedscope',
    bundle: true,
    minify: true,
    format: 'iife',
    target: ['chrome123', 'firefox121', 'safari17.5'],
    logLevel: 'warning',
  });
  copyFileSync(join(root, 'src/ui/speedscope.html'), join(folder, 'index.html'));
  copyFileSync(join(published, 'LICENSE'), join(folder, 'LICENSE.txt'));
  copyFileSync(join(release, 'source-code-pro.LICENSE.md'), join(folder, 'source-code-pro.LICENSE.txt'));
  for (const name of readdirSync(release)) {
    const kind = /^speedscope-\w+(\.js|\.css)$/.exec(name)?.[1];
    if (kind === '.js')
      writeFileSync(
        join(folder, 'speedscope.js.gz'),
        gzipSync(readFileSync(join(release, name)), { level: 9 }),
      );
    else if (kind) copyFileSync(join(release, name), join(folder, `speedscope${kind}`));
    else if (name.endsWith('.woff2')) copyFileSync(join(release, name), join(folder, name));
  }
}

const parts = { bpf: buildBpf, shim: buildShim, js: buildJs, page: buildPage };

/** Builds the named parts (`bpf`, `shim`, `js`, `page`), or all that `dist/` needs. */
export async function build(names = ['bpf', 'shim', 'js', 'page']) {
  for (const name of names) {
    const part = parts[name];
    if (!part) throw new ScriptError(`cannot build ${name}: parts are ${Object.keys(parts).join(', ')}`);
    await part();
  }
}

if (process.argv[1] === import.meta.filename) {
  script(() => build(process.argv.length > 2 ? process.argv.slice(2) : undefined));
}
