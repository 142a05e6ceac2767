/** Damaged and hostile binaries: real ones with bytes changed where it hurts. Seeded; `GOIDSPAN_FUZZ` sets how many. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { GoidspanError } from '../../src/errors.ts';
import { families } from '../../src/probes/families.ts';
import { type AttachPlan, planAttach } from '../../src/probes/plan.ts';
import { memorySource } from '../support/memory-source.ts';
import { localPieStripped, localStripped } from '../support/nethttp-builds.ts';
import { Random } from '../support/random.ts';
import { buildOrSkip } from '../support/skip.ts';

const inputs = Number(process.env['GOIDSPAN_FUZZ'] ?? 3000);
const slowestMilliseconds = 1000;
const codes = ['bad_binary', 'not_go', 'not_supported_binary'];

interface Region {
  readonly name: string;
  readonly from: number;
  readonly bytes: number;
}

/** Parts of the file that decide something, found by the undamaged reader and by well-known bytes. */
function regionsOf(content: Buffer): Region[] {
  const binary = GoBinary.open(memorySource(content));
  const plan = planAttach(binary, families);
  const pclntab = content.indexOf(Buffer.from([0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8]));
  const sections = Number(content.readBigUInt64LE(40));
  const functions = new Map(
    plan.hooks.flatMap((h) => h.sites).map((s) => [s.symbol, binary.functions([s.symbol]).get(s.symbol)]),
  );
  const types = [...binary.structs(['runtime.g', 'net/http.Request', 'net/http.response']).values()];
  return [
    { name: 'ELF header', from: 0, bytes: 64 },
    { name: 'program headers', from: 64, bytes: 56 * 12 },
    { name: 'section headers', from: sections, bytes: content.length - sections },
    { name: 'function table header', from: pclntab, bytes: 72 },
    { name: 'function table', from: pclntab, bytes: 1 << 20 },
    { name: 'module data', from: moduleDataOffset(binary, content), bytes: 448 },
    ...types.map((t) => ({ name: 'a type', from: binary.fileOffsetOf(t) ?? 0, bytes: 96 })),
    ...[...functions.values()].flatMap((fn) =>
      fn ? [{ name: fn.name, from: binary.fileOffsetOf(fn.entry) ?? 0, bytes: fn.end - fn.entry }] : [],
    ),
    { name: 'anywhere', from: 0, bytes: content.length },
  ];
}

function moduleDataOffset(binary: GoBinary, content: Buffer): number {
  const pclntab = content.indexOf(Buffer.from([0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8]));
  const segment = binary.segments.find(
    (s) => pclntab >= s.fileOffset && pclntab < s.fileOffset + s.fileBytes,
  );
  const pointer = Buffer.alloc(8);
  pointer.writeBigUInt64LE(BigInt((segment?.vaddr ?? 0) + pclntab - (segment?.fileOffset ?? 0)));
  return Math.max(content.lastIndexOf(pointer), 0);
}

/** One to four changes inside one region: a byte, a word of an awkward value, a stretch of noise. */
function mutate(region: Region, random: (below: number) => number): { offset: number; bytes: Uint8Array }[] {
  const awkward = [
    0n,
    1n,
    7n,
    0x7fffffffn,
    0xffffffffn,
    1n << 47n,
    1n << 53n,
    (1n << 63n) - 1n,
    (1n << 64n) - 1n,
  ];
  return Array.from({ length: 1 + random(4) }, () => {
    const offset = region.from + random(region.bytes);
    const kind = random(3);
    if (kind === 0) return { offset, bytes: Uint8Array.of(random(256)) };
    const bytes = Buffer.alloc(8);
    if (kind === 1) bytes.writeBigUInt64LE(awkward[random(awkward.length)] ?? 0n);
    else for (let i = 0; i < 8; i++) bytes[i] = random(256);
    const aligned = random(4) > 0 ? offset - (offset % 8) : offset;
    return { offset: aligned, bytes };
  });
}

/** Decoding the function from its start comes past every site. */
function expectSitesOnInstructions(binary: GoBinary, plan: AttachPlan): void {
  const sites = plan.hooks.flatMap((h) => h.sites);
  for (const symbol of new Set(sites.map((s) => s.symbol))) {
    const fn = binary.functions([symbol]).get(symbol);
    const starts = new Set(fn ? binary.instructionsOf(fn).map((i) => i.vaddr) : []);
    for (const site of sites.filter((s) => s.symbol === symbol)) {
      if (!starts.has(site.vaddr)) throw new Error(`site ${site.vaddr} is inside an instruction`);
      if (site.fileOffset !== binary.fileOffsetOf(site.vaddr)) throw new Error('a wrong file offset');
    }
  }
}

describe.each([localStripped, localPieStripped])('$name with bytes changed', (build) => {
  test('is refused by a GoidspanError or planned on instruction starts, in bounded time', {
    timeout: 900_000,
  }, async (context) => {
    const content = readFileSync(await buildOrSkip(context, build));
    const regions = regionsOf(content);
    const outcomes = new Map<string, number>();
    for (let seed = 1; seed <= inputs / 2; seed++) {
      const generator = new Random(seed);
      const random = (below: number): number => generator.below(below);
      const region = regions[random(regions.length)];
      if (!region) continue;
      const patches = mutate(region, random);
      const length = random(50) === 0 ? random(content.length) : content.length;
      const started = performance.now();
      const outcome = planned(memorySource(content.subarray(0, length), patches));
      const took = performance.now() - started;
      const input = `seed ${seed}, ${region.name}`;
      expect(codes.concat('planned'), input).toContain(outcome);
      expect(took, input).toBeLessThan(slowestMilliseconds);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect(outcomes.get('planned')).toBeGreaterThan(0);
    expect(outcomes.size).toBeGreaterThan(1);
  });
});

function planned(source: ReturnType<typeof memorySource>): string {
  try {
    const binary = GoBinary.open(source);
    const plan = planAttach(binary, families);
    expectSitesOnInstructions(binary, plan);
    return 'planned';
  } catch (error) {
    if (error instanceof GoidspanError) return error.code;
    throw error;
  }
}
