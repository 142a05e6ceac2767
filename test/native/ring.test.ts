import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wireSize } from '../../src/wire/wire.gen.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const LARGEST = wireSize.EV_SPAN_END;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'goidspan-ring-'));
  const sources = ['test/native/ring.c', 'native/ring.c', 'native/batch.c'].map((path) => join(root, path));
  const flags = ['-std=gnu17', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
  execFileSync('gcc', [...flags, ...sources, '-o', join(directory, 'ring')], { stdio: 'inherit' });
});
afterAll(() => rmSync(directory, { recursive: true }));

/** What comes out of a ring with records of these lengths (see `ring.c`), named a, b, c … */
function drain(batchBytes: number, ...lengths: (number | string)[]): string[] {
  const output = execFileSync(join(directory, 'ring'), [batchBytes, ...lengths].map(String), {
    encoding: 'utf8',
    env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' },
  });
  return output.trimEnd().split('\n');
}

describe('the drain', () => {
  it('fills a batch as far as the next record fits, whatever its kind', () => {
    expect(drain(LARGEST, 32, 200, LARGEST, 32, 16)).toEqual(['ab', 'c', 'de', 'refused 0 left 0']);
  });

  it('leaves out what was discarded, and stops before what is still being written', () => {
    expect(drain(8_192, 32, '-200', 24, 'b32', 16)).toEqual(['ac', `refused 0 left ${8 + 32 + 8 + 16}`]);
  });

  it('counts a record that is larger than any, and goes on behind it', () => {
    expect(drain(8_192, 32, LARGEST + 8, 16)).toEqual(['ac', 'refused 1 left 0']);
    expect(drain(LARGEST, 20_000, 16, '-20000', 48)).toEqual(['b', 'd', 'refused 1 left 0']);
  });
});
