import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { fieldNames, sourcesOf } from '../../src/probes/fields.ts';
import { httpClient } from '../../src/probes/http-client.ts';
import { httpServer } from '../../src/probes/http-server.ts';
import { localPieStripped, localStripped, netHttpBuilds } from '../support/nethttp-builds.ts';
import { buildOrSkip, needGo } from '../support/skip.ts';
import { knownOffsets } from './known-offsets.ts';

const fixtures = 'test/fixtures/binary';
const minutes = 60_000;

function withBinary<T>(path: string, use: (binary: GoBinary) => T): T {
  const source = openFileSource(path);
  try {
    return use(GoBinary.open(source));
  } finally {
    source.close();
  }
}

function offsetOf(binary: GoBinary, name: string): number | undefined {
  const dot = name.lastIndexOf('.');
  return binary.fieldOffset(name.slice(0, dot), name.slice(dot + 1));
}

describe.each(netHttpBuilds)('the reader on $name', (build) => {
  test('tells what the program is', { timeout: 5 * minutes }, async (context) => {
    const path = await buildOrSkip(context, build);
    withBinary(path, (binary) => {
      expect(binary.goVersion).toMatch(build.go === undefined ? /^go1\.\d+/ : new RegExp(`^go${build.go}`));
      expect(binary.modulePath).toBe('goidspan.test/nethttp');
      expect(binary.isPie).toBe(build.isPie);
      expect(binary.isCgo).toBe(build.cgo ?? false);
      expect(binary.isStripped).toBe(build.flags?.some((f) => f.includes('-s -w')) ?? false);
      expect(binary.buildId).toMatch(/.{20}/);
      expect(binary.arch.name).toBe('amd64');
    });
  });

  test('knows the struct offsets of the release', { timeout: 5 * minutes }, async (context) => {
    const path = await buildOrSkip(context, build);
    withBinary(path, (binary) => {
      const minor = /^go(1\.\d+)/.exec(binary.goVersion ?? '')?.[1] ?? '';
      const known = knownOffsets[minor];
      if (!known) return context.skip(`no known offsets of Go ${minor}`);
      const found = Object.fromEntries(Object.keys(known).map((name) => [name, offsetOf(binary, name)]));
      expect(found).toEqual(known);
    });
  });
});

describe.each(netHttpBuilds.filter((b) => b.hasDwarf))('the reader on $name', (build) => {
  test('agrees with DWARF on every field it is asked for', { timeout: 5 * minutes }, async (context) => {
    const witness = await buildOrSkip(context, { dir: `${fixtures}/dwarfoffsets`, name: 'dwarfoffsets' });
    const path = await buildOrSkip(context, build);
    const structs = fieldNames(sourcesOf([...httpServer.reads, ...httpClient.reads, 'runtime']))
      .flatMap((f) => f.replace('?', '').split('|'))
      .map((f) => f.slice(0, f.lastIndexOf('.')));
    const output = execFileSync(witness, [path, ...new Set(structs)], { encoding: 'utf8' });
    const byStruct = JSON.parse(output) as Record<string, Record<string, number>>;
    expect(Object.keys(byStruct).length).toBeGreaterThan(8);
    withBinary(path, (binary) => {
      for (const [struct, fields] of Object.entries(byStruct)) {
        const found = Object.keys(fields).map((field) => [field, binary.fieldOffset(struct, field)]);
        expect({ [struct]: Object.fromEntries(found) }).toEqual({ [struct]: fields });
      }
    });
  });

  test('finds each function where the symbol table has it', { timeout: 5 * minutes }, async (context) => {
    needGo(context);
    const path = await buildOrSkip(context, build);
    const symbols = execFileSync('go', ['tool', 'nm', '-size', path], {
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    });
    const text = [...symbols.matchAll(/^\s*([0-9a-f]+)\s+(\d+) [Tt] (\S.*)$/gm)]
      .map(([, vaddr = '', bytes, name = '']) => ({
        name: name.replace(/\.abi0$/, ''),
        vaddr: Number.parseInt(vaddr, 16),
        bytes: Number(bytes),
      }))
      .filter(({ name, bytes }) => bytes > 0 && /^(runtime|net\/http)\.[\w.()*]+$/.test(name));
    expect(text.length).toBeGreaterThan(1500);
    withBinary(path, (binary) => {
      const found = binary.functions(text.map((s) => s.name));
      // A function and the wrapper for the other calling convention have one name; the longer is wanted.
      const wrong = text.filter(({ name, bytes }) => {
        const fn = found.get(name);
        return !fn || fn.end - fn.entry < bytes || !text.some((s) => s.name === name && s.vaddr === fn.entry);
      });
      expect(wrong).toEqual([]);
    });
  });
});

test('a function is found by a part of its name', { timeout: 5 * minutes }, async (context) => {
  withBinary(await buildOrSkip(context, localPieStripped), (binary) => {
    expect(binary.hasFunctionLike(['no such', 'http.(*Transport).roundT'])).toBe(true);
    expect(binary.hasFunctionLike(['no such', 'iouring'])).toBe(false);
  });
});

describe('type names', () => {
  test.for([
    { name: 'typenames' },
    { name: 'typenames-pie', flags: ['-buildmode=pie', '-ldflags=-s -w'] },
    { name: 'typenames-1.19', go: '1.19' },
    { name: 'typenames-1.27', go: '1.27.4', flags: ['-ldflags=-s -w'] },
  ])(
    'of $name are what the running program prints with %T',
    { timeout: 5 * minutes },
    async (build, context) => {
      const path = await buildOrSkip(context, { dir: `${fixtures}/typenames`, ...build });
      const lines = execFileSync(path, { encoding: 'utf8' }).trim().split('\n');
      const printed = lines.map((line) => {
        const [address = '', ...name] = line.split(' ');
        return { address: Number(address), name: name.join(' ') };
      });
      const main = printed.pop();
      expect(printed.length).toBeGreaterThan(15);
      withBinary(path, (binary) => {
        const bias = (main?.address ?? 0) - (binary.functions(['main.main']).get('main.main')?.entry ?? 0);
        const found = printed.map(({ address }) => ({ address, name: binary.typeNameAt(address - bias) }));
        expect(found).toEqual(printed);
        expect(binary.typeNameAt(8)).toBeUndefined();
      });
    },
  );
});

describe('a program without symbols or sections', () => {
  test('is read from its segments alone', { timeout: 5 * minutes }, async (context) => {
    for (const build of [localStripped, localPieStripped]) {
      const path = await buildOrSkip(context, build);
      const whole = openFileSource(path);
      const noSections = {
        size: whole.size,
        read(offset: number, length: number) {
          const bytes = whole.read(offset, length);
          // e_shoff, e_shnum and e_shstrndx of the ELF header.
          const zeroed = [40, 41, 42, 43, 44, 45, 46, 47, 60, 61, 62, 63];
          for (const at of zeroed) if (at >= offset && at < offset + length) bytes[at - offset] = 0;
          return bytes;
        },
      };
      const [a, b] = [GoBinary.open(whole), GoBinary.open(noSections)];
      const names = ['runtime.newproc1', 'net/http.(*Transport).roundTrip'];
      expect(b.functions(names)).toEqual(a.functions(names));
      expect(b.functions(names).size).toBe(2);
      expect(b.fieldOffset('net/http.Request', 'Header')).toBe(56);
      expect(b.goVersion).toBe(a.goVersion);
      whole.close();
    }
  });
});

describe('a big program', () => {
  test("such as Go's own go command is read in under a second", (context) => {
    needGo(context);
    const goroot = execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim();
    const path = join(goroot, 'bin', 'go');
    const started = performance.now();
    const offset = withBinary(path, (binary) => {
      expect(binary.functions(['net/http.(*Transport).roundTrip', 'runtime.newproc1']).size).toBe(2);
      return binary.fieldOffset('net/http.Request', 'URL');
    });
    expect(offset).toBe(16);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
