import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  version: string;
  bin: { goidspan: string };
  scripts: Record<string, string>;
};

const node = (...args: string[]): string =>
  execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }).trim();

describe('the package', () => {
  let files: string[];

  beforeAll(() => {
    const packed = execFileSync(
      'npm',
      ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error'],
      {
        cwd: root,
        encoding: 'utf8',
      },
    );
    const [{ files: packedFiles }] = JSON.parse(packed) as [{ files: { path: string }[] }];
    files = packedFiles.map((file) => file.path);
  });

  it('holds the built code, the native parts and the documents', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        ...['dist/index.js', 'dist/index.cjs', 'dist/index.d.ts', 'dist/index.d.cts', 'dist/cli/main.js'],
        ...['dist/kernel/ingest-worker.js', 'dist/native/libgoidspan.so', 'dist/native/goidspan.bpfel.o'],
        ...['README.md', 'CHANGELOG.md', 'LICENSE', 'package.json'],
      ]),
    );
  });

  it('holds nothing else than that', () => {
    expect(files.filter((file) => !/^(dist\/|README|CHANGELOG|LICENSE|package\.json$)/.test(file))).toEqual(
      [],
    );
  });

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
