/** Frames of program counters against what the running program says of them, and other tools of those that cannot run here. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, type TestContext, test } from 'vitest';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import type { Frame } from '../../src/binary/symbolizer.ts';
import { Random } from '../support/random.ts';
import { buildOrSkip, needGo } from '../support/skip.ts';
import { arm64Symbols, localSymbols, symbolsBuilds } from '../support/symbols-builds.ts';

const timeout = 600_000;

interface Told {
  readonly function: string;
  readonly file: string;
  readonly line: number;
}

interface Output {
  /** Address of `main.main` where the program ran. */
  readonly main: number;
  readonly stacks: readonly { readonly name: string; readonly pcs: number[]; readonly frames: Told[] }[];
}

/** As the program prints them. */
const told = (frames: readonly Frame[]): Told[] =>
  frames.map(({ function: name, file, line }) => ({ function: name, file, line }));

function withBinary<T>(path: string, use: (binary: GoBinary, main: number) => T): T {
  const source = openFileSource(path);
  try {
    const binary = GoBinary.open(source);
    return use(binary, binary.functions(['main.main']).get('main.main')?.entry ?? 0);
  } finally {
    source.close();
  }
}

describe.each(symbolsBuilds)('the symboliser of $name', (build) => {
  test('tells stacks as the running program tells them', { timeout }, async (context) => {
    const path = await buildOrSkip(context, build);
    const { main, stacks } = JSON.parse(execFileSync(path, { encoding: 'utf8' })) as Output;
    expect(stacks.length).toBeGreaterThan(20);
    withBinary(path, (binary, linkTimeMain) => {
      const found = stacks.map(({ name, pcs }) => {
        const linkTimePcs = pcs.map((pc) => pc - (main - linkTimeMain));
        return { name, frames: told(binary.symbolizer.symbolizeStack(linkTimePcs)) };
      });
      expect(found).toEqual(stacks.map(({ name, frames }) => ({ name, frames })));
    });
  });

  test('tells any place in the text as the running program does', { timeout }, async (context) => {
    const path = await buildOrSkip(context, build);
    withBinary(path, (binary, main) => {
      const pcs = somePcs(binary, main);
      const output = execFileSync(path, [String(main)], {
        input: pcs.join('\n'),
        encoding: 'utf8',
        maxBuffer: 256 << 20,
      });
      const known = JSON.parse(output.replaceAll('"file":"?"', '"file":""')) as Told[][];
      // Go ≤ 1.22 tells the innermost call only.
      const found = pcs.map((pc, i) => told(binary.symbolizer.symbolize(pc)).slice(0, known[i]?.length));
      expect(found.filter((frames) => frames.length > 1).length > 0).toBe(
        !/go1\.(19|2[0-2])/.test(binary.goVersion ?? ''),
      );
      // Go has no name for the function whose name is the first in the table.
      const isNamed = (frames?: readonly Told[]) => frames?.every((f) => f.function !== '');
      const wrong = pcs.flatMap((pc, i) =>
        !isNamed(known[i]) || JSON.stringify(known[i]) === JSON.stringify(found[i])
          ? []
          : [{ pc, known: known[i], found: found[i] }],
      );
      expect(wrong).toEqual([]);
    });
  });
});

/** Places in the text; not the last byte before where a function may begin: of that the program cannot be asked. */
function somePcs(binary: GoBinary, main: number): number[] {
  const pcs = somePlaces(binary, main, 20_000);
  return pcs.filter((pc) => pc % 16 !== 15 && binary.symbolizer.symbolize(pc).length > 0);
}

/** From all over the segment in which the text is. */
function somePlaces(binary: GoBinary, main: number, count: number): number[] {
  const random = new Random(2);
  const text = binary.segments.find((s) => main >= s.vaddr && main < s.vaddr + s.fileBytes);
  if (!text) throw new Error('main.main is in no segment');
  return Array.from({ length: count }, () => text.vaddr + random.below(text.fileBytes));
}

test('a program for arm64 is told as Go’s addr2line tells it', { timeout }, async (context) => {
  needGo(context);
  const path = await buildOrSkip(context, arm64Symbols);
  withBinary(path, (binary, main) => {
    const found = somePcs(binary, main).flatMap((pc) => {
      const frames = binary.symbolizer.symbolize(pc);
      const [innermost, outermost] = [frames[0], frames.at(-1)];
      const isCode = outermost && !outermost.function.startsWith('go:');
      return isCode
        ? [{ pc, text: `${outermost.function} ${innermost?.file || '?'}:${innermost?.line}` }]
        : [];
    });
    const output = execFileSync('go', ['tool', 'addr2line', path], {
      input: found.map(({ pc }) => `0x${pc.toString(16)}\n`).join(''),
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    });
    // It prints type arguments, which Go’s stacks leave out.
    const known = [...output.matchAll(/^(.*)\n(.*)$/gm)].map(
      ([, name = '', place]) => `${name.replace(/\[.*\]/, '[...]')} ${place}`,
    );
    expect(found.map(({ text }) => text)).toEqual(known);
    expect(found.length).toBeGreaterThan(10_000);
  });
});

test('the inlined calls of a program for arm64 are those of its DWARF', { timeout }, async (context) => {
  const path = await buildOrSkip(context, arm64Symbols);
  withBinary(path, (binary, main) => {
    // DWARF has no place for what the compiler made.
    const isWritten = (frame: Frame) => frame.file !== '' && frame.file !== '<autogenerated>';
    const found = somePcs(binary, main)
      .map((pc) => pc - (pc % 4))
      .map((pc) => ({ pc, frames: told(binary.symbolizer.symbolize(pc).filter(isWritten)) }))
      .filter(({ pc, frames }) => frames.length === binary.symbolizer.symbolize(pc).length);
    const known = inDwarf(
      context,
      path,
      found.map(({ pc }) => pc),
    );
    expect(found.map(({ frames }) => frames)).toEqual(known);
    expect(known.filter((frames) => frames.length > 1).length).toBeGreaterThan(1000);
  });
});

/** What DWARF says, without what Go's stacks leave out of names; skips where there is no tool to read it. */
function inDwarf(context: TestContext, path: string, pcs: readonly number[]): Told[][] {
  const options = ['--functions', '--inlines', '--no-demangle', `--obj=${path}`];
  const input = pcs.map((pc) => `0x${pc.toString(16)}\n`).join('');
  try {
    const output = execFileSync('llvm-symbolizer', options, { input, encoding: 'utf8', maxBuffer: 64 << 20 });
    return output
      .trimEnd()
      .split('\n\n')
      .map((block) =>
        [...block.matchAll(/^(.*)\n(.*):(\d+):\d+$/gm)].map(([, name = '', file = '', line]) => ({
          function: name.replace(/\[.*\]/, '[...]').replace(/\.abi0$/, ''),
          file,
          line: Number(line),
        })),
      );
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return context.skip('no llvm-symbolizer here');
    }
    throw error;
  }
}

test('a program for arm64 has the inlined calls of its source', { timeout }, async (context) => {
  withBinary(await buildOrSkip(context, arm64Symbols), (binary) => {
    const { entry = 0, end = 0 } = binary.functions(['main.callsInlined']).get('main.callsInlined') ?? {};
    const pcs = Array.from({ length: (end - entry) / 4 }, (_, i) => entry + i * 4);
    const chains = pcs.map((pc) => binary.symbolizer.symbolize(pc).map((frame) => frame.function));
    expect(chains).toContainEqual(['main.innermost', 'main.middle', 'main.outer', 'main.callsInlined']);
    expect(chains.map((chain) => chain.at(-1))).toEqual(pcs.map(() => 'main.callsInlined'));
  });
});

test('nothing is told of addresses that are not Go code', { timeout }, async (context) => {
  withBinary(await buildOrSkip(context, localSymbols), (binary) => {
    for (const pc of [0, 8, 2 ** 47, -1, Number.NaN, Number.MAX_SAFE_INTEGER]) {
      expect(binary.symbolizer.symbolize(pc)).toEqual([]);
    }
  });
});

/** The fastest of some tries: others may want the processors. */
const tries = 3;

test("ten thousand stacks of Go's own go command are told in under a second", { timeout }, (context) => {
  needGo(context);
  const goroot = execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim();
  const took = Array.from({ length: tries }, () =>
    withBinary(join(goroot, 'bin', 'go'), (binary, main) => {
      const random = new Random(1);
      const pcs = somePlaces(binary, main, 5_000);
      const stacks = Array.from({ length: 10_000 }, () => Array.from({ length: 30 }, () => random.pick(pcs)));
      const started = performance.now();
      const frames = stacks.map((stack) => binary.symbolizer.symbolizeStack(stack).length);
      expect(frames.filter((count) => count >= 25).length).toBeGreaterThan(9_000);
      return performance.now() - started;
    }),
  );
  expect(Math.min(...took)).toBeLessThan(1000);
});
