/** Levels `waits` and `runtime`: where their programs go, over real builds, and what keeps a program from a level. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { allocTime } from '../../src/probes/alloc-time.ts';
import { channel } from '../../src/probes/channel.ts';
import { families } from '../../src/probes/families.ts';
import { mutex } from '../../src/probes/mutex.ts';
import { type AttachPlan, planAttach } from '../../src/probes/plan.ts';
import type { Site } from '../../src/probes/site.ts';
import { memorySource } from '../support/memory-source.ts';
import { localPlain, localStripped, netHttpBuilds } from '../support/nethttp-builds.ts';
import { disassemble } from '../support/objdump.ts';
import { buildOrSkip } from '../support/skip.ts';

const timeout = 300_000;
const timeHooks = families.filter((f) => f.level !== 'spans').flatMap((f) => f.hooks);
const arm64Builds = [
  { ...localPlain, name: 'nethttp-arm64-local-plain', arch: 'arm64' },
  { ...localPlain, name: 'nethttp-arm64-1.19-plain', arch: 'arm64', go: '1.19' },
];

function sitesOf(plan: AttachPlan, name: string): readonly Site[] {
  return plan.hooks.find((h) => h.hook.name === name)?.sites ?? [];
}

function minorOf({ goVersion }: GoBinary): number {
  return Number(/^go1\.(\d+)/.exec(goVersion ?? '')?.[1]);
}

describe.each([...netHttpBuilds, ...arm64Builds])('the plan of time for $name', (build) => {
  test('has every hook, none of them single-stepped', { timeout }, async (context) => {
    const plan = planAttach(GoBinary.open(openFileSource(await buildOrSkip(context, build))), families);
    expect({ level: plan.level, notDeeper: plan.notDeeper }).toEqual({ level: 'cpu' });
    const found = plan.hooks.filter(({ hook }) => timeHooks.includes(hook));
    // The fixture pulls no iterator.
    expect(found.filter((h) => h.missing !== undefined).map((h) => h.hook.name)).toEqual(['goroutine_coro']);
    for (const name of ['alloc_heap_begin', 'alloc_heap_end']) {
      expect(sitesOf(plan, name).map((s) => s.symbol)).toEqual([
        'runtime.(*mcache).allocLarge',
        'runtime.(*mcentral).grow',
      ]);
    }
    const costly = found.flatMap((h) => h.sites).filter((s) => s.class === 'single-stepped');
    expect(costly).toEqual([]);
    expect(sitesOf(plan, 'goroutine_yield').map((s) => s.symbol)).toEqual([
      'runtime.goschedImpl',
      'runtime.goyield_m',
      expect.stringMatching(/^runtime\.exitsyscall(NoP|0)$/),
    ]);
  });

  test('passes the registers that the Go signatures say', { timeout }, async (context) => {
    const binary = GoBinary.open(openFileSource(await buildOrSkip(context, build)));
    const plan = planAttach(binary, families);
    const args = Object.fromEntries(
      plan.hooks
        .filter(({ hook }) => timeHooks.includes(hook))
        .map(({ hook, sites }) => [hook.name, [...new Set(sites.map((s) => s.arg))]]),
    );
    expect(args).toEqual({
      goroutine_park: [2],
      goroutine_ready: [0],
      goroutine_ready_list: [0],
      goroutine_run: [0],
      goroutine_yield: [0],
      goroutine_preempt: [0],
      goroutine_coro: [],
      chan_hand_to: [1],
      chan_hand_from: [1],
      chan_put: [1],
      chan_take: [2],
      mutex_lock: [0],
      mutex_unlock: [0],
      gc_stop_begin: [0],
      gc_stop_end: [0],
      gc_assist_begin: [0],
      gc_assist_end: [0],
      alloc_span_begin: [0],
      alloc_span_end: [0],
      alloc_heap_begin: [0],
      alloc_heap_end: [0],
    });
    // Go ≤ 1.20 does not tell stopTheWorldWithSema why.
    expect(sitesOf(plan, 'gc_stop_begin').map((s) => s.variant)).toEqual([minorOf(binary) < 21 ? 1 : 0]);
    const assist = [...sitesOf(plan, 'gc_assist_begin'), ...sitesOf(plan, 'gc_assist_end')];
    expect(assist[0]?.vaddr).toBeLessThan(assist[1]?.vaddr ?? 0);
  });

  test('knows the reasons for waiting, and where a thread keeps its goroutine', {
    timeout,
  }, async (context) => {
    const binary = GoBinary.open(openFileSource(await buildOrSkip(context, build)));
    const { waitReasons, goroutineTls, addresses } = planAttach(binary, families);
    expect(waitReasons).toEqual(expect.arrayContaining(['IO wait', 'chan receive', 'select', 'semacquire']));
    expect(goroutineTls).toBe(binary.arch.name === 'amd64' ? -8 : undefined);
    // What waits for a semaphore by way of package sync: since Go 1.24 each has a reason of its own.
    const returns = ['sync.runtime_Semacquire', 'sync.runtime_SemacquireMutex'];
    const isAmbiguous = minorOf(binary) < 24;
    expect(returns.map((name) => name in addresses)).toEqual([isAmbiguous, isAmbiguous]);
    expect(addresses['internal/poll.runtime_Semacquire']).toBeGreaterThan(0);
  });
});

const iterating = [{}, { go: '1.23.12' }, { go: '1.27.4' }];

test.for(iterating)(
  'a program that pulls an iterator has the switch of coroutines ($go)',
  {
    timeout,
  },
  async (build, context) => {
    const dir = 'test/fixtures/acceptance/middleware';
    const path = await buildOrSkip(context, { dir, name: `middleware-${build.go ?? 'local'}`, ...build });
    const plan = planAttach(GoBinary.open(openFileSource(path)), families);
    expect(sitesOf(plan, 'goroutine_coro')).toMatchObject([
      { symbol: 'runtime.coroswitch_m', class: 'emulated', arg: 0 },
    ]);
    const offsets = new Map(plan.fields.map(({ wanted, offset }) => [wanted, offset]));
    expect(offsets.get('runtime.g.coroarg')).toBeGreaterThan(0);
    expect(offsets.get('runtime.coro.gp')).toBe(0);
  },
);

test.for(netHttpBuilds.filter((b) => b.hasDwarf))(
  'objdump sees the calls of $name at and behind whose sites we are',
  { timeout },
  async (build, context) => {
    const path = await buildOrSkip(context, build);
    const binary = GoBinary.open(openFileSource(path));
    const plan = planAttach(binary, families);
    const listingOf = (symbol: string) => {
      const fn = binary.functions([symbol]).get(symbol);
      return disassemble(path, fn?.entry ?? 0, fn?.end ?? 0);
    };
    const callOf = (callee: string) => new RegExp(`^call .*<${callee.replace(/[(*)]/g, '\\$&')}>$`);
    const calls = [
      ['goroutine_run', 'runtime.casgstatus'],
      ['gc_stop_end', 'runtime.wakep'],
      ['gc_assist_begin', 'runtime.gcDrainN'],
      ['gc_assist_end', 'runtime.casgstatus'],
      ['chan_put', 'runtime.typedmemmove'],
      ['chan_take', 'runtime.typedmemmove'],
      ['alloc_span_begin', 'runtime.(*mcentral).cacheSpan'],
      ['alloc_heap_begin', 'runtime.(*mheap).alloc'],
    ] as const;
    for (const [hook, callee] of calls) {
      for (const site of sitesOf(plan, hook)) {
        const listing = listingOf(site.symbol);
        if (!listing) return context.skip('no objdump here (install binutils)');
        const at = site.vaddr + (site.class === 'nop5' ? 5 : 0);
        expect([hook, listing.get(at)]).toEqual([hook, expect.stringMatching(callOf(callee))]);
      }
    }
    // What is copied out of a buffer is cleared there next.
    const takes = sitesOf(plan, 'chan_take');
    expect(takes.map((site) => site.symbol)).toEqual(['runtime.chanrecv', 'runtime.selectgo']);
    for (const site of takes) {
      const behind = [...(listingOf(site.symbol) ?? [])].filter(([vaddr]) => vaddr > site.vaddr);
      const next = behind.find(([, text]) => text.startsWith('call'))?.[1];
      expect(next).toMatch(callOf('runtime.typedmemclr'));
    }
    for (const [name, to] of Object.entries(plan.addresses).filter(([name]) => /emacquire/.test(name))) {
      const listing = listingOf(name);
      const before = [...(listing ?? [])].filter(([vaddr]) => vaddr < to).at(-1)?.[1];
      expect(before).toMatch(callOf('runtime.semacquire1'));
    }
  },
);

describe('a program', () => {
  /** The local build with bytes of it replaced. */
  function changed(content: Buffer, changes: readonly { at: number; bytes: Uint8Array }[]): GoBinary {
    const patches = changes.map(({ at, bytes }) => ({ offset: at, bytes }));
    return GoBinary.open(memorySource(content, patches));
  }

  const returning = new Uint8Array(16).fill(0xc3);
  const lacks = [
    {
      symbol: 'runtime.gopark',
      level: 'spans',
      why: /^no level waits: hook goroutine_park: runtime\.gopark: /,
    },
    {
      symbol: 'runtime.ready',
      level: 'spans',
      why: /^no level waits: hook goroutine_ready: runtime\.ready: /,
    },
    { symbol: 'gogo', level: 'spans', why: /^no level waits: where its threads keep the running goroutine/ },
    {
      symbol: 'runtime.gcAssistAlloc1',
      level: 'waits',
      why: /^no level runtime: hook gc_assist_begin: runtime\.gcAssistAlloc1: /,
    },
  ];

  test.for(lacks)('with another $symbol is traced at level $level', { timeout }, async (lack, context) => {
    const content = readFileSync(await buildOrSkip(context, localStripped));
    const fn = GoBinary.open(memorySource(content)).functions([lack.symbol]).get(lack.symbol);
    const whole = GoBinary.open(memorySource(content));
    const at = whole.fileOffsetOf(fn?.entry ?? 0) ?? 0;
    const bytes =
      lack.level === 'waits' ? new Uint8Array((fn?.end ?? 0) - (fn?.entry ?? 0)).fill(0xc3) : returning;
    const plan = planAttach(changed(content, [{ at, bytes }]), families);
    expect(plan.level).toBe(lack.level);
    expect(plan.notDeeper).toMatch(lack.why);
    // What is not reached is not attached, and what is, is whole.
    const names = plan.hooks.map((h) => h.hook.name);
    const reached = families.filter(
      (f) => f.level === 'spans' || (f.level === 'waits' && lack.level === 'waits'),
    );
    expect(names).toEqual(reached.flatMap((f) => f.hooks.map((h) => h.name)));
    expect(plan.waitReasons.length > 0).toBe(lack.level === 'waits');
    expect(plan.goroutineTls).toBe(lack.level === 'waits' ? -8 : undefined);
    expect(sitesOf(plan, 'http_server_start')).toHaveLength(1);
  });

  const nop5 = Uint8Array.of(0x0f, 0x1f, 0x44, 0x00, 0x00);

  /** The program with the one call of `callee` in `caller` gone, as inlining would have it. */
  function inlined(content: Buffer, callee: string, caller: string): GoBinary {
    const whole = GoBinary.open(memorySource(content));
    const [called, calling] = [callee, caller].map((name) => whole.functions([name]).get(name));
    if (!called || !calling) throw new Error(`no ${callee} or ${caller}`);
    const calls = whole.instructionsOf(calling).filter((i) => i.op === 'call' && i.target === called.entry);
    expect(calls).toHaveLength(1);
    return changed(
      content,
      calls.map((call) => ({ at: whole.fileOffsetOf(call.vaddr) ?? 0, bytes: nop5 })),
    );
  }

  test('in which a caller of a hooked function has it inlined lacks the level', {
    timeout,
  }, async (context) => {
    const content = readFileSync(await buildOrSkip(context, localStripped));
    const plan = planAttach(inlined(content, 'runtime.gopark', 'runtime.selectgo'), families);
    expect(plan.notDeeper).toBe(
      'no level waits: hook goroutine_park: runtime.gopark: not called by runtime.selectgo (inlined by the compiler)',
    );
  });

  test('in which a slow way to memory is inlined is looked at as deep, but not at these', {
    timeout,
  }, async (context) => {
    const content = readFileSync(await buildOrSkip(context, localStripped));
    const [callee, caller] = ['runtime.(*mcentral).cacheSpan', 'runtime.(*mcache).refill'];
    const plan = planAttach(inlined(content, callee, caller), families);
    expect(plan.level).toBe('cpu');
    const found = plan.hooks.filter(({ hook }) => allocTime.hooks.includes(hook));
    expect(found.map(({ hook }) => hook.name)).toEqual(allocTime.hooks.map(({ name }) => name));
    for (const { sites, missing } of found) {
      expect(sites).toEqual([]);
      expect(missing).toMatch(/alloc_span_begin|runtime\.\(\*mcache\)\.refill/);
    }
  });

  test('in which sending is inlined is looked at as deep, but not at its channels', {
    timeout,
  }, async (context) => {
    const content = readFileSync(await buildOrSkip(context, localStripped));
    const plan = planAttach(inlined(content, 'runtime.chansend', 'runtime.chansend1'), families);
    expect(plan.level).toBe('cpu');
    const why = 'hook chan_put: runtime.chansend: not called by runtime.chansend1 (inlined by the compiler)';
    const found = plan.hooks.filter(({ hook }) => channel.hooks.includes(hook));
    expect(found.map(({ hook, sites, missing }) => [hook.name, sites, missing])).toEqual([
      ['chan_hand_to', [], why],
      ['chan_hand_from', [], why],
      ['chan_put', [], why.replace('hook chan_put: ', '')],
      ['chan_take', [], why],
    ]);
  });

  test.for([
    ['was built with a profile', '-pgo=default.pgo'],
    ['does not say how it was built', undefined],
  ] as const)('that %s does not say who holds a mutex', { timeout }, async ([, setting], context) => {
    const binary = GoBinary.open(openFileSource(await buildOrSkip(context, localStripped)));
    const [key, value] = setting?.split('=') ?? [];
    const info = key !== undefined &&
      binary.buildInfo && { ...binary.buildInfo, settings: new Map([[key, value ?? '']]) };
    Object.defineProperty(binary, 'buildInfo', { value: info || undefined });
    const plan = planAttach(binary, families);
    expect(plan.level).toBe('cpu');
    expect(plan.hooks.filter(({ hook }) => mutex.hooks.includes(hook))).toMatchObject([
      { sites: [], missing: expect.stringContaining('-pgo') },
      { sites: [], missing: expect.stringContaining('-pgo') },
    ]);
  });

  test('that names its reasons for waiting otherwise is traced at level spans', {
    timeout,
  }, async (context) => {
    const content = readFileSync(await buildOrSkip(context, localStripped));
    const at = content.indexOf('GC assist marking');
    const plan = planAttach(changed(content, [{ at, bytes: Buffer.from('XX') }]), families);
    expect(plan.level).toBe('spans');
    expect(plan.notDeeper).toBe('no level waits: it has no table of the reasons why goroutines wait');
  });
});
