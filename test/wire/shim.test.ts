import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WIRE_HASH } from '../../src/wire/wire.gen.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** elf.h */
const DF_1_NODELETE = 8;

let installation: string;
beforeAll(() => {
  installation = mkdtempSync(join(tmpdir(), 'goidspan-shim-'));
  cpSync(join(root, 'dist'), join(installation, 'dist'), { recursive: true });
  for (const name of ['package.json', 'node_modules'])
    symlinkSync(join(root, name), join(installation, name));
});
afterAll(() => rmSync(installation, { recursive: true }));

const builtShim = `dist/native/linux-${process.arch}/libgoidspan.so`;
const shim = (): string => join(installation, builtShim);

/** Opens a tracer of that installation in a process of its own; returns the error. */
function open(): { code: string; message: string } {
  const script = `import('${join(installation, 'dist/index.js')}').then(({ Tracer }) => Tracer.open({ processors: [] })).then(
    () => process.exit(0), ({ code, message }) => console.log(JSON.stringify({ code, message })))`;
  const child = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  return JSON.parse(child.stdout || '{"code":"none"}');
}

describe('a native library that does not belong to this package', () => {
  it('is refused when it was built from another wire.h', () => {
    const source = join(installation, 'other.c');
    writeFileSync(source, 'unsigned long long shim__wire_hash(void) { return 0x1234; }\n');
    rmSync(shim());
    execFileSync('gcc', ['-shared', '-fPIC', source, '-o', shim()]);
    const { code, message } = open();
    expect(code).toBe('shim_unusable');
    expect(message).toContain(`it was built from another wire.h (1234, not ${WIRE_HASH.toString(16)}`);
    expect(message).toContain('npm run build');
  });

  it('is refused when it is no library at all', () => {
    writeFileSync(shim(), 'no ELF');
    const { code, message } = open();
    expect(code).toBe('shim_unusable');
    expect(message).toContain(`cannot load ${shim()}`);
  });

  it('is refused when it is not there', () => {
    rmSync(shim());
    const { code, message } = open();
    expect(code).toBe('shim_unusable');
    expect(message).toContain(`cannot find ${shim()}`);
  });
});

describe('the built library', () => {
  const objdump = (option: string): string =>
    execFileSync('objdump', [option, join(root, builtShim)], { encoding: 'utf8' });

  it('exports the functions of its header and nothing else', () => {
    const exported = [...objdump('-T').matchAll(/^[0-9a-f]+ g {4}DF \.text.* (\w+)$/gm)].map(
      ([, name]) => name,
    );
    const header = readFileSync(join(root, 'native/goidspan.h'), 'utf8');
    const declared = [...header.matchAll(/^SHIM_API [^(]*?(\w+)\(/gm)].map(([, name]) => name);
    expect(exported.sort()).toEqual(declared.sort());
  });

  it('is never unloaded', () => {
    const flags = /FLAGS_1\s+0x([0-9a-f]+)/.exec(objdump('-p'))?.[1];
    expect(Number.parseInt(flags ?? '0', 16) & DF_1_NODELETE).toBe(DF_1_NODELETE);
  });
});
