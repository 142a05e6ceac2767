/** The reader on damaged files: each must be read or refused by a `GoidspanError`, in bounded time and memory. */

import { describe, expect, test } from 'vitest';
import { amd64 } from '../../src/binary/arch-amd64.ts';
import { arm64 } from '../../src/binary/arch-arm64.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { GoidspanError } from '../../src/errors.ts';
import { fuzz, fuzzTimeoutMilliseconds, mutations } from '../support/fuzz.ts';
import { memorySource } from '../support/memory-source.ts';
import { tinyFunctions, tinyGo, tinyParts } from '../support/tiny-go.ts';

const timeout = fuzzTimeoutMilliseconds;

/** Asks everything that there is to ask. */
function readAll(source: ReturnType<typeof memorySource>): string {
  try {
    const binary = GoBinary.open(source);
    const functions = binary.functions(tinyFunctions);
    for (const fn of functions.values()) binary.instructionsOf(fn).map((i) => binary.textOf(i));
    const goid = binary.fieldOffset('runtime.g', 'goid');
    binary.typeNameAt(0x400d08);
    return `${functions.size} functions, goid at ${goid}, ${binary.goVersion ?? 'no version'}`;
  } catch (error) {
    if (error instanceof GoidspanError) return error.code;
    throw error;
  }
}

describe.each([
  ['amd64', 62],
  ['arm64', 183],
] as const)('a small Go program for %s', (_, machine) => {
  const whole = 'goid at 152, go1.26.8';

  test('is read', () => {
    expect(readAll(memorySource(tinyGo(machine)))).toBe(`2 functions, ${whole}`);
  });

  test('with bytes changed is read or refused', { timeout }, () => {
    const content = tinyGo(machine);
    const outcomes = fuzz(6_000, (random) => {
      const [from, bytes] = random.pick(tinyParts);
      const length = random.below(20) === 0 ? random.below(content.length) : content.length;
      return readAll(memorySource(content.subarray(0, length), mutations(random, from, bytes)));
    });
    for (const outcome of ['bad_binary', 'not_go', 'not_supported_binary', `2 functions, ${whole}`]) {
      expect(outcomes.get(outcome), outcome).toBeGreaterThan(10);
    }
    expect(outcomes.size).toBeGreaterThan(10);
  });
});

test.each([amd64, arm64])('$name code of random bytes is decoded whole, in order', { timeout }, (arch) => {
  fuzz(3_000, (random) => {
    const code = Uint8Array.from({ length: 4 * random.below(64) }, () => random.below(256));
    let next = 0x1000;
    for (const { vaddr, length } of arch.decode(code, 0x1000)) {
      if (vaddr !== next || length < 1) throw new Error(`an instruction of ${length} bytes at ${vaddr}`);
      next = vaddr + length;
    }
    if (next !== 0x1000 + code.length) throw new Error(`decoded up to ${next}`);
    arch.textOf(code.subarray(0, 16), 0x1000);
    return 'decoded';
  });
});
