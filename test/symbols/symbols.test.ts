/** The thread that symbolises, as it is built: `npm run build` first. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { framesOf } from '../../src/symbols/symbolize.ts';
import { Symbols } from '../../src/symbols/symbols.ts';
import { buildOrSkip } from '../support/skip.ts';
import { localSymbols } from '../support/symbols-builds.ts';

const timeout = 300_000;

describe('the frames at a place', () => {
  it('are told by a thread, of any program, also after one that cannot be read', {
    timeout,
  }, async (context) => {
    const path = await buildOrSkip(context, localSymbols);
    const failures: string[] = [];
    const symbols = new Symbols((message) => failures.push(message));
    const binary = GoBinary.open(openFileSource(path));
    const main = binary.functions(['main.main']).get('main.main')?.entry ?? 0;
    const at = (file: string) => ({ path: file, openPath: file });
    const stack = { place: { pc: main + 1, link: 0 }, pcs: [] };
    const expected = [
      {
        function: 'main.main',
        file: expect.stringMatching(/\.go$/),
        line: expect.any(Number),
        isInlined: false,
      },
    ];
    expect(await symbols.framesOf(at(path), stack)).toEqual(expected);
    const folder = mkdtempSync(join(tmpdir(), 'symbols-'));
    writeFileSync(join(folder, 'text'), 'no program');
    expect(await symbols.framesOf(at(join(folder, 'text')), stack)).toEqual([]);
    expect(await symbols.framesOf(at(join(folder, 'absent')), stack)).toEqual([]);
    expect(failures).toEqual([
      expect.stringMatching(/^cannot tell where in their code goroutines are: .*text/),
    ]);
    const all = await Promise.all(Array.from({ length: 100 }, () => symbols.framesOf(at(path), stack)));
    expect(all).toEqual(new Array(100).fill(expected));
    const last = symbols.framesOf(at(path), stack);
    await symbols.close();
    expect([expected, []]).toContainEqual(await last);
    rmSync(folder, { recursive: true });
  });

  it('have the caller of a function that has no frame yet, and not what else lies on the stack', {
    timeout,
  }, async (context) => {
    const path = await buildOrSkip(context, localSymbols);
    const binary = GoBinary.open(openFileSource(path));
    const names = ['main.main', 'fmt.Fprintln', 'runtime.main'];
    const found = binary.functions(names);
    const entryOf = (name: string): number => found.get(name)?.entry ?? 0;
    const { symbolizer } = binary;
    const [inner, caller] = [entryOf('fmt.Fprintln'), entryOf('main.main') + 8];
    const outer = entryOf('runtime.main') + 8;
    expect(symbolizer.hasFrame(inner)).toBe(false);
    expect(symbolizer.hasFrame(inner + 40)).toBe(true);
    expect(symbolizer.hasFrame(1)).toBe(false);
    const told = (pc: number) =>
      framesOf(symbolizer, { place: { pc, link: caller }, pcs: [outer] }).map(({ function: name }) => name);
    expect(told(inner)).toEqual(['fmt.Fprintln', 'main.main', 'runtime.main']);
    expect(told(inner + 40)).toEqual(['fmt.Fprintln', 'runtime.main']);
  });
});
