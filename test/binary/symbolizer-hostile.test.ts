/** The symboliser on real programs whose tables are damaged: it tells less or wrong, and never throws nor hangs. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { GoBinary } from '../../src/binary/go-binary.ts';
import type { Frame } from '../../src/binary/symbolizer.ts';
import { GoidspanError } from '../../src/errors.ts';
import { fuzz, fuzzTimeoutMilliseconds, mutations } from '../support/fuzz.ts';
import { memorySource } from '../support/memory-source.ts';
import { Random } from '../support/random.ts';
import { buildOrSkip, needGo } from '../support/skip.ts';
import { arm64Symbols, localSymbols, oldSymbols } from '../support/symbols-builds.ts';

const timeout = fuzzTimeoutMilliseconds;
const headerBytes = 72;
/** Of `moduledata` as much as is looked at. */
const moduleDataBytes = 448;

interface Region {
  readonly from: number;
  readonly bytes: number;
}

/** The parts of the function table as its header says, what points to it, and the data of functions. */
function regionsOf(path: string, content: Buffer): { heads: Region[]; tables: Region[] } {
  const header = [0xf1, 0xf0]
    .flatMap((magic) => [1, 4].map((quantum) => Buffer.from([magic, 255, 255, 255, 0, 0, quantum, 8])))
    .map((magic) => content.indexOf(magic))
    .filter((at) => at >= 0);
  const table = Math.min(...header);
  const starts = [32, 40, 48, 56, 64].map((at) => table + Number(content.readBigUInt64LE(table + at)));
  const functions = Number(content.readBigUInt64LE(table + 8));
  const [, , , , rows = 0] = starts;
  const records = rows + functions * 8 + 4;
  const binary = GoBinary.open(memorySource(content));
  const segment = binary.segments.find((s) => table >= s.fileOffset && table < s.fileOffset + s.fileBytes);
  const pointer = Buffer.alloc(8);
  pointer.writeBigUInt64LE(BigInt((segment?.vaddr ?? 0) + table - (segment?.fileOffset ?? 0)));
  const heads = [
    { from: table, bytes: headerBytes },
    { from: content.lastIndexOf(pointer), bytes: moduleDataBytes },
  ];
  const tables = [
    ...starts.map((from, i) => ({ from, bytes: (starts[i + 1] ?? records) - from })),
    { from: records, bytes: functions * 60 },
    { from: binary.fileOffsetOf(functionDataOf(path)) ?? 0, bytes: functions * 20 },
  ];
  return { heads, tables };
}

/** Address of `go:func.*`, as the symbol table says. */
function functionDataOf(path: string): number {
  const symbols = execFileSync('go', ['tool', 'nm', path], { encoding: 'utf8', maxBuffer: 64 << 20 });
  return Number.parseInt(/([0-9a-f]+) \w go[:.]func\.\*$/m.exec(symbols)?.[1] ?? '', 16);
}

/** Where the code of everything is asked for, in one order. */
function pcsOf(content: Uint8Array): number[] {
  const binary = GoBinary.open(memorySource(content));
  const main = binary.functions(['main.main']).get('main.main')?.entry ?? 0;
  const text = binary.segments.find((s) => main >= s.vaddr && main < s.vaddr + s.fileBytes);
  const random = new Random(1);
  return Array.from({ length: 300 }, () => (text?.vaddr ?? 0) + random.below(text?.fileBytes ?? 1));
}

function isSound(frame: Frame): boolean {
  return typeof frame.function === 'string' && typeof frame.file === 'string' && Number.isInteger(frame.line);
}

describe.each([localSymbols, arm64Symbols, oldSymbols])('$name with bytes of its tables changed', (build) => {
  test('is symbolised somehow', { timeout }, async (context) => {
    needGo(context);
    const path = await buildOrSkip(context, build);
    const content = readFileSync(path);
    const { heads, tables } = regionsOf(path, content);
    const pcs = pcsOf(content);
    const undamaged = JSON.stringify(GoBinary.open(memorySource(content)).symbolizer.symbolizeStack(pcs));
    const outcomes = fuzz(300, (random) => {
      const changes = Array.from({ length: 1 + random.below(20) }, () => {
        const { from, bytes } = random.pick(random.below(30) === 0 ? heads : tables);
        return mutations(random, from, bytes);
      }).flat();
      let binary: GoBinary;
      try {
        binary = GoBinary.open(memorySource(content, changes));
      } catch (error) {
        if (error instanceof GoidspanError) return 'refused';
        throw error;
      }
      const frames = binary.symbolizer.symbolizeStack(pcs);
      if (!frames.every(isSound))
        throw new Error(`unsound: ${JSON.stringify(frames.find((f) => !isSound(f)))}`);
      return JSON.stringify(frames) === undamaged ? 'the same' : 'otherwise';
    });
    expect(Object.fromEntries(outcomes)).toEqual({
      refused: expect.any(Number),
      'the same': expect.any(Number),
      otherwise: expect.any(Number),
    });
  });
});
