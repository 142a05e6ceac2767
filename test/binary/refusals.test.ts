import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { GoidspanError } from '../../src/errors.ts';
import { memorySource } from '../support/memory-source.ts';
import { localPlain } from '../support/nethttp-builds.ts';
import { buildOrSkip } from '../support/skip.ts';

function refusal(content: Uint8Array, patches: Parameters<typeof memorySource>[1] = []): string {
  try {
    GoBinary.open(memorySource(content, patches));
  } catch (error) {
    if (error instanceof GoidspanError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'accepted';
}

/** An ELF header with one loadable segment: the file itself. */
function tinyElf(change: (view: DataView, bytes: Uint8Array) => void = () => {}, size = 4096): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 62, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true);
  view.setUint32(68, 5, true);
  view.setBigUint64(80, 0x400000n, true);
  view.setBigUint64(96, BigInt(size), true);
  view.setBigUint64(104, BigInt(size), true);
  change(view, bytes);
  return bytes;
}

describe('a file that is no Go program is refused with its reason', () => {
  test.for<[string, Uint8Array, string]>([
    [
      'an empty file',
      new Uint8Array(0),
      'bad_binary: cannot read the executable: the file is shorter than an ELF header',
    ],
    [
      'a script',
      Buffer.from(`#!/bin/sh\n${' '.repeat(100)}`),
      'bad_binary: cannot read the executable: the file does not begin with the ELF magic',
    ],
    [
      'a 32-bit program',
      tinyElf((_, b) => b.set([1], 4)),
      'not_supported_binary: cannot trace the executable: it is not 64-bit little-endian',
    ],
    [
      'an object file',
      tinyElf((v) => v.setUint16(16, 1, true)),
      'not_supported_binary: cannot trace the executable: it is not an executable',
    ],
    [
      'a RISC-V program',
      tinyElf((v) => v.setUint16(18, 243, true)),
      'not_supported_binary: cannot trace the executable: it is built for ELF machine 243',
    ],
    [
      'a program without segments',
      tinyElf((v) => v.setUint32(64, 6, true)),
      'bad_binary: cannot read the executable: its 0 loadable segments',
    ],
    [
      'a header table outside the file',
      tinyElf((v) => v.setBigUint64(32, 1n << 62n, true)),
      'bad_binary: cannot read the program headers: bytes',
    ],
    [
      'a program that is not Go',
      tinyElf(),
      'not_go: cannot trace the executable: not a Go program: no .gopclntab',
    ],
    [
      'a packed program',
      tinyElf((_, b) => b.set(Buffer.from('UPX!'), 200)),
      'not_supported_binary: cannot trace the executable: it is packed with UPX',
    ],
  ])('%s', ([, content, expected]) => {
    expect(refusal(content)).toContain(expected);
  });

  test('the program that runs this test', () => {
    expect(() => GoBinary.open(openFileSource(process.execPath))).toThrow(
      /^cannot trace the executable: not a Go program/,
    );
  });
});

describe('a Go program with a function table of another format is refused by name', () => {
  test.for([
    [0xfffffffb, 'it was built with Go 1.17 or older'],
    [0x12345678, 'its function table has an unknown format'],
  ] as const)('magic %i', { timeout: 300_000 }, async ([magic, expected], context) => {
    const content = readFileSync(await buildOrSkip(context, localPlain));
    const header = Buffer.from([0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8]);
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(magic);
    const message = refusal(content, [{ offset: content.indexOf(header), bytes }]);
    expect(message).toMatch(new RegExp(`^not_supported_binary: .*${expected}`));
  });
});

describe('a path that cannot be read', () => {
  test('is refused with the path and the cause', () => {
    const dir = mkdtempSync(join(tmpdir(), 'goidspan-'));
    try {
      expect(() => openFileSource(join(dir, 'none'))).toThrow(/^cannot read .*none: ENOENT/);
      expect(() => openFileSource(dir)).toThrow(/^cannot read .*: not a regular file/);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe('a version string', () => {
  test('that is wiped or unknown changes nothing but itself', { timeout: 300_000 }, async (context) => {
    const content = readFileSync(await buildOrSkip(context, localPlain));
    const at = content.indexOf(Buffer.from('\xff Go buildinf:', 'latin1'));
    const wiped = GoBinary.open(memorySource(content, [{ offset: at, bytes: new Uint8Array(64) }]));
    const unknown = GoBinary.open(memorySource(content, [{ offset: at + 33, bytes: Buffer.from('go9.99') }]));
    expect(wiped.goVersion).toBeUndefined();
    expect(unknown.goVersion).toMatch(/^go9\.99/);
    for (const binary of [wiped, unknown]) expect(binary.fieldOffset('runtime.g', 'goid')).toBeGreaterThan(0);
  });
});
