/** Programs for arm64: read and planned like the others, on hosts of any processor. */

import { describe, expect, test } from 'vitest';
import { Programs } from '../../src/attach/program.ts';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { families } from '../../src/probes/families.ts';
import { planAttach } from '../../src/probes/plan.ts';
import { knownOffsets } from '../binary/known-offsets.ts';
import { disassemble } from '../support/objdump.ts';
import { buildOrSkip } from '../support/skip.ts';

const timeout = 300_000;
const dir = 'test/fixtures/binary/nethttp';
const stripped = ['-ldflags=-s -w', '-trimpath'];
const builds = [
  { go: '1.19', kind: 'plain', flags: [] },
  { kind: 'plain', flags: [] },
  { kind: 'pie-stripped', flags: ['-buildmode=pie', '-ldflags=-s -w'] },
  { go: '1.27.4', kind: 'stripped', flags: stripped },
].map(({ go, kind, flags }) => ({
  dir,
  flags,
  arch: 'arm64',
  name: `nethttp-arm64-${go ?? 'local'}-${kind}`,
  ...(go === undefined ? {} : { go }),
}));

const roundTrip = 'net/http.(*Transport).roundTrip';

describe.each(builds)('the plan for $name', (build) => {
  test('has every hook of net/http, at sites that the kernel simulates', { timeout }, async (context) => {
    const binary = GoBinary.open(openFileSource(await buildOrSkip(context, build)));
    const { hooks, ...plan } = planAttach(binary, families);
    expect(binary.arch.name).toBe('arm64');
    const missing = hooks.filter((h) => h.missing !== undefined).map((h) => h.missing);
    expect(
      missing.filter(
        (why) => !/golang\.org\/(x\/net|grpc)|database\/sql|github\.com|opentelemetry/.test(why ?? ''),
      ),
    ).toEqual([
      'the program has no function runtime.newcoro.func1',
      'the program copies no requests',
      'the program has no function runtime.coroswitch_m',
    ]);
    expect(hooks.flatMap((h) => h.sites).filter((s) => s.class !== 'emulated')).toEqual([]);
    // Of the function, the variable and the type that the row names.
    const addresses = Object.entries(plan.addresses).filter(
      ([name]) => name.startsWith('net/http') || name === 'net.TCPConn',
    );
    expect(addresses.map(([, address]) => address > 0)).toEqual([true, true, true]);
  });

  test('has only sites at which objdump sees the same instruction', { timeout }, async (context) => {
    const path = await buildOrSkip(context, build);
    const binary = GoBinary.open(openFileSource(path));
    for (const site of planAttach(binary, families).hooks.flatMap((h) => h.sites)) {
      const listing = disassemble(path, site.vaddr, site.vaddr + 4, 'arm64');
      if (!listing)
        return context.skip('no aarch64-linux-gnu-objdump here (install binutils-aarch64-linux-gnu)');
      const text = listing
        .get(site.vaddr)
        ?.replace(/\s+/g, ' ')
        .replace(/ (<|\/\/).*$/, '')
        .replace('0x', '');
      expect(site.instruction.replace('0x', '')).toBe(text);
      expect(binary.fileOffsetOf(site.vaddr)).toBe(site.fileOffset);
    }
  });

  test('names a call of roundTrip by one place on the stack, wherever it is hit', {
    timeout,
  }, async (context) => {
    const path = await buildOrSkip(context, build);
    const binary = GoBinary.open(openFileSource(path));
    const fn = binary.functions([roundTrip]).get(roundTrip);
    const listing = disassemble(path, fn?.entry ?? 0, fn?.end ?? 0, 'arm64');
    if (!listing)
      return context.skip('no aarch64-linux-gnu-objdump here (install binutils-aarch64-linux-gnu)');
    const text = [...listing.values()].map((line) => line.replace(/\s+/g, ' '));
    // SP goes down by the frame, and the return address is stored where it then points to.
    const [, frame] =
      /sub x20, sp, #(0x[0-9a-f]+)\nstp x29, x30, \[x20, #-8\]\nmov sp, x20\n/.exec(text.join('\n')) ?? [];
    const frameBytes = Number(frame);
    expect(frameBytes).toBeGreaterThan(0);
    // It goes up by as much, and the return address is in R30 again, right before each return.
    for (const [index, line] of text.entries()) {
      if (line === 'ret') {
        expect(text.slice(index - 2, index)).toEqual(['ldp x29, x30, [sp, #-8]', `add sp, sp, #${frame}`]);
      }
    }
    // It stays there in between.
    const changes = text.filter((line) => /^\w+ sp,|\[sp, [^\]]*\]!|\[sp\],/.test(line));
    expect(new Set(changes)).toEqual(new Set(['mov sp, x20', `add sp, sp, #${frame}`]));
    const sites = planAttach(binary, families).hooks.flatMap((h) => h.sites);
    const slots = sites
      .filter((s) => s.symbol === roundTrip)
      .map((s) => [s.instruction.split(' ')[0], s.returnSlot]);
    const without = { belowSp: frameBytes };
    expect(Object.fromEntries(slots as [string, unknown][])).toEqual({
      'b.ls': without,
      bl: { belowSp: 0 },
      cbz: { belowSp: 0 },
      'b.ne': { belowSp: 0 },
      ret: without,
    });
  });

  test('covers each return of roundTrip by exactly one end', { timeout }, async (context) => {
    const binary = GoBinary.open(openFileSource(await buildOrSkip(context, build)));
    const { hooks } = planAttach(binary, families);
    const fn = binary.functions([roundTrip]).get(roundTrip);
    const returns = fn ? binary.instructionsOf(fn).filter((i) => i.op === 'return') : [];
    const covered = hooks.find((h) => h.hook.name === 'http_client_error')?.sites ?? [];
    // One return belongs to the success after an attempt, one to the alternate transport.
    expect(returns.length - covered.length).toBe(2);
  });

  test('knows the same struct offsets as on amd64', { timeout }, async (context) => {
    const binary = GoBinary.open(openFileSource(await buildOrSkip(context, build)));
    const known = knownOffsets[/^go(1\.\d+)/.exec(binary.goVersion ?? '')?.[1] ?? ''];
    if (!known) return context.skip(`no known offsets of ${binary.goVersion}`);
    const found = Object.keys(known).map((name) => {
      const dot = name.lastIndexOf('.');
      return [name, binary.fieldOffset(name.slice(0, dot), name.slice(dot + 1))];
    });
    expect(Object.fromEntries(found)).toEqual(known);
  });
});

test('a program for another processor than this host’s is refused by name', { timeout }, async (context) => {
  const path = await buildOrSkip(context, builds[1] ?? { dir, name: 'none' });
  await expect(new Programs().acquire(path)).rejects.toThrow(
    `cannot trace ${path}: it is built for arm64, and this host is amd64 (build it with GOARCH=amd64, or trace it on arm64)`,
  );
});
