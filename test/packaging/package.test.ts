import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Packed, pack } from '../support/installed.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  version: string;
  bin: { goidspan: string };
  scripts: Record<string, string>;
};

const node = (...args: string[]): string =>
  execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }).trim();

const processors = [
  { name: 'x64', objdump: 'objdump', loader: 'ld-linux-x86-64.so.2' },
  { name: 'arm64', objdump: 'aarch64-linux-gnu-objdump', loader: 'ld-linux-aarch64.so.1' },
];
const libraries = ['libbpf.so.1', 'libelf.so.1'];
const nativeFiles = [
  ...['libgoidspan.so', 'goidspan.bpfel.o'],
  ...libraries.flatMap((name) => [name, `${name}.copyright`]),
];

describe('the package', () => {
  let folder: string;
  let packed: Packed;
  let files: readonly string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'goidspan-pack-'));
    packed = await pack(folder);
    files = packed.files;
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('holds the built code, the native parts and the documents', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        ...['dist/index.js', 'dist/index.cjs', 'dist/index.d.ts', 'dist/index.d.cts', 'dist/cli/main.js'],
        ...['dist/ingest/ingest-worker.js', 'dist/attach/plan-worker.js'],
        ...processors.flatMap(({ name }) => nativeFiles.map((file) => `dist/native/linux-${name}/${file}`)),
        ...['README.md', 'CHANGELOG.md', 'LICENSE', 'package.json'],
      ]),
    );
  });

  it('holds nothing else than that', () => {
    expect(files.filter((file) => !/^(dist\/|README|CHANGELOG|LICENSE|package\.json$)/.test(file))).toEqual(
      [],
    );
  });

  it('is small: 9 MB unpacked at most', () => {
    const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(2);
    process.stdout.write(
      `package: ${megabytes(packed.packedBytes)} MB packed, ${megabytes(packed.unpackedBytes)} MB unpacked, ${files.length} files\n`,
    );
    expect(packed.unpackedBytes).toBeLessThanOrEqual(9e6);
  });

  it('is found good by publint and attw', () => {
    const bin = (name: string): string => `${root}node_modules/.bin/${name}`;
    const lint = () => execFileSync(bin('publint'), ['run', packed.tarball, '--strict'], { cwd: root });
    const types = () => execFileSync(bin('attw'), [packed.tarball], { cwd: folder });
    expect(lint).not.toThrow();
    expect(types).not.toThrow();
  });

  it.each(processors)(
    'needs no library on $name that it does not hold, but for what is in every Debian 12 and 13',
    ({ name: processor, objdump, loader }) => {
      const native = (name: string): string => `${root}dist/native/linux-${processor}/${name}`;
      const held = ['libgoidspan.so', ...libraries];
      const headers = held.map((name) => execFileSync(objdump, ['-p', native(name)], { encoding: 'utf8' }));
      const needed = headers.flatMap((text) =>
        [...text.matchAll(/^ *NEEDED +(\S+)$/gm)].map(([, name]) => name),
      );
      const there = [...held, 'libc.so.6', 'libz.so.1', loader];
      expect(needed.filter((name) => name === undefined || !there.includes(name))).toEqual([]);
      expect(headers[0]).toMatch(/^ *RUNPATH +\$ORIGIN$/m);
      const glibc = headers.flatMap((text) =>
        [...text.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor)),
      );
      expect(Math.max(...glibc)).toBeLessThanOrEqual(34);
    },
  );

  it('runs nothing when it is installed', () => {
    expect(Object.keys(manifest.scripts).filter((name) => /install|^prepare|^prepublish/.test(name))).toEqual(
      [],
    );
  });

  it('does not name the directory it was built in', () => {
    const built = files.filter((file) => file.startsWith('dist/'));
    expect(built.filter((file) => readFileSync(`${root}${file}`).includes(root))).toEqual([]);
  });

  it('gives the same names to import and to require', () => {
    const names = 'console.log(JSON.stringify(Object.keys(m).filter((n) => n !== "default").sort()))';
    const imported = node('--input-type=module', '-e', `import * as m from 'goidspan'; ${names}`);
    const required = node('--input-type=commonjs', '-e', `const m = require('goidspan'); ${names}`);
    expect(JSON.parse(imported)).not.toEqual([]);
    expect(required).toBe(imported);
  });

  it('has a command that starts by itself and knows its version', () => {
    const command = `${root}${manifest.bin.goidspan}`;
    expect(existsSync(command) && statSync(command).mode & 0o111).toBeTruthy();
    expect(execFileSync(command, ['--version'], { encoding: 'utf8' })).toContain(manifest.version);
  });
});
