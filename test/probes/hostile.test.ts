/** Damaged and hostile binaries and functions: real ones with bytes changed where it hurts. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { GoidspanError } from '../../src/errors.ts';
import { ControlFlow } from '../../src/probes/control-flow.ts';
import { families } from '../../src/probes/families.ts';
import type { SiteRule } from '../../src/probes/hook.ts';
import { type AttachPlan, planAttach } from '../../src/probes/plan.ts';
import { findRoundTripSites } from '../../src/probes/round-trip.ts';
import { findPlaces } from '../../src/probes/site-rules.ts';
import { fuzz, fuzzTimeoutMilliseconds, mutations } from '../support/fuzz.ts';
import { memorySource } from '../support/memory-source.ts';
import { localPieStripped, localStripped } from '../support/nethttp-builds.ts';
import { buildOrSkip } from '../support/skip.ts';

const timeout = fuzzTimeoutMilliseconds;
const codes = ['bad_binary', 'not_go', 'not_supported_binary'];

const localArm64 = { dir: localStripped.dir, name: 'nethttp-arm64-local-plain', flags: [], arch: 'arm64' };

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
  const gogo = binary.functions(['gogo']).get('gogo');
  const types = [...binary.structs(['runtime.g', 'net/http.Request', 'net/http.response']).values()];
  return [
    { name: 'ELF header', from: 0, bytes: 64 },
    { name: 'program headers', from: 64, bytes: 56 * 12 },
    { name: 'section headers', from: sections, bytes: content.length - sections },
    { name: 'function table header', from: pclntab, bytes: 72 },
    { name: 'function table', from: pclntab, bytes: 1 << 20 },
    { name: 'module data', from: moduleDataOffset(binary, content), bytes: 448 },
    { name: 'gogo', from: binary.fileOffsetOf(gogo?.entry ?? 0) ?? 0, bytes: 16 },
    { name: 'the texts of wait reasons', from: content.indexOf('GC assist marking'), bytes: 64 },
    ...waitReasonTable(binary, content),
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

/** Where the lengths of the first reasons follow each other. */
function waitReasonTable(binary: GoBinary, content: Buffer): Region[] {
  const lengths = (binary.waitReasons() ?? []).slice(0, 3).map((reason) => BigInt(reason.length));
  const isTable = (at: number) => lengths.every((l, i) => content.readBigUInt64LE(at + 8 + 16 * i) === l);
  for (let at = 0; at + 56 <= content.length; at += 8) {
    if (isTable(at)) return [{ name: 'wait reasons', from: at, bytes: 16 * 47 }];
  }
  throw new Error('no table of wait reasons');
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
  test('is refused by a GoidspanError or planned on instruction starts', { timeout }, async (context) => {
    const content = readFileSync(await buildOrSkip(context, build));
    const regions = regionsOf(content);
    const outcomes = fuzz(400, (random) => {
      const { from, bytes } = random.pick(regions);
      const length = random.below(50) === 0 ? random.below(content.length) : content.length;
      return planned(memorySource(content.subarray(0, length), mutations(random, from, bytes)));
    });
    const plans = [...outcomes.keys()].filter((outcome) => !codes.includes(outcome)).sort();
    // What is damaged may be what a level needs.
    expect(plans).toEqual(expect.arrayContaining(['planned at level cpu', 'planned at level spans']));
    expect(outcomes.size).toBeGreaterThan(plans.length);
  });
});

/** What the instruction of a place must be, by the rule that found it. */
const opsByRule: Readonly<Record<SiteRule['at'], string | undefined>> = {
  after_stack_check: 'push_frame',
  stack_check_branch: 'branch',
  nop5_before_call: 'nop',
  call: 'call',
  call_before: 'call',
  call_not_before: 'call',
  branch_after_call: 'branch',
  branches_after_calls: 'branch',
  branches_after_indirect_calls: 'branch',
  // Whatever comes behind it.
  after_call: undefined,
  calls: 'call',
  returns_of_call: 'return',
  returns_without_call: 'return',
  returns: 'return',
  round_trip_result: 'branch',
  round_trip_alternate: 'branch',
  round_trip_other_returns: 'return',
};

describe.each([localStripped, localArm64])('each hooked function of $name with bytes changed', (build) => {
  test('has no site or one on an instruction of the wanted kind', { timeout }, async (context) => {
    const content = readFileSync(await buildOrSkip(context, build));
    const binary = GoBinary.open(memorySource(content));
    const choices = families.flatMap((f) => f.hooks.flatMap((h) => h.choices));
    const candidates = choices.flatMap(({ on, rules }) =>
      [...binary.functions(on).values()].map((fn) => {
        const from = binary.fileOffsetOf(fn.entry) ?? 0;
        return { fn, rules, code: content.subarray(from, from + fn.end - fn.entry) };
      }),
    );
    const entryOf = (symbol: string) => binary.functions([symbol]).get(symbol)?.entry;
    const outcomes = fuzz(4_000, (random) => {
      const { fn, rules, code } = random.pick(candidates);
      const changed = Uint8Array.from(code);
      for (const { offset, bytes } of mutations(random, 0, code.length)) {
        changed.set(bytes.subarray(0, Math.max(0, code.length - offset)), offset);
      }
      const flow = new ControlFlow(binary.arch.decode(changed, fn.entry), new Set());
      const attempt = entryOf('net/http.(*persistConn).roundTrip') ?? 0;
      const roundTrip = () => findRoundTripSites(flow, { attempt });
      const found = rules.flatMap((rule) => {
        const places = findPlaces(rule, {
          flow,
          callsPush: binary.arch.callsPush,
          entryOf,
          roundTrip,
          preferNop5: true,
        });
        return typeof places === 'string' ? [] : places.map(({ index }) => ({ rule, index }));
      });
      for (const { rule, index } of found) {
        const op = flow.instructions[index]?.op;
        if (op !== (opsByRule[rule.at] ?? op)) throw new Error(`${rule.at} found ${op} in ${fn.name}`);
      }
      return found.length > 0 ? 'found' : 'none';
    });
    expect(outcomes.get('found')).toBeGreaterThan(0);
    expect(outcomes.get('none')).toBeGreaterThan(0);
  });
});

function planned(source: ReturnType<typeof memorySource>): string {
  try {
    const binary = GoBinary.open(source);
    const plan = planAttach(binary, families);
    expectSitesOnInstructions(binary, plan);
    return `planned at level ${plan.level}`;
  } catch (error) {
    if (error instanceof GoidspanError) return error.code;
    throw error;
  }
}
