import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { families, levelOf } from '../../src/probes/families.ts';
import { goroutine } from '../../src/probes/goroutine.ts';
import { httpClient } from '../../src/probes/http-client.ts';
import { type AttachPlan, type PlanOptions, planAttach } from '../../src/probes/plan.ts';
import type { Site } from '../../src/probes/site.ts';
import { memorySource } from '../support/memory-source.ts';
import { localPlain, netHttpBuilds } from '../support/nethttp-builds.ts';
import { disassemble } from '../support/objdump.ts';
import { buildOrSkip, needGo } from '../support/skip.ts';

const timeout = 300_000;
const fixtures = 'test/fixtures/binary';

function planOf(path: string, options?: PlanOptions): { plan: AttachPlan; binary: GoBinary } {
  const binary = GoBinary.open(openFileSource(path));
  return { plan: planAttach(binary, families, undefined, options), binary };
}

function sitesOf(plan: AttachPlan, name: string): readonly Site[] {
  return plan.hooks.find((h) => h.hook.name === name)?.sites ?? [];
}

function offsetOf(plan: AttachPlan, wanted: string): number | undefined {
  return plan.fields.find((f) => f.wanted === wanted)?.offset;
}

describe.each(netHttpBuilds)('the plan for $name', (build) => {
  test('has every hook', { timeout }, async (context) => {
    const { plan } = planOf(await buildOrSkip(context, build));
    // The fixture links neither golang.org/x/net/http2 nor database/sql nor gRPC nor an SDK, pulls no iterator, copies no request and has no router.
    const missing = plan.hooks.filter((h) => h.missing !== undefined).map((h) => h.hook.name);
    expect(missing.filter((name) => !/^(db|grpc|http_fiber|sdk)_/.test(name))).toEqual([
      'goroutine_birth_coro',
      'http_server_route',
      'http_server_router',
      'http_server_upgrade',
      'http_server_start_xnet',
      'http_server_end_xnet',
      'http_server_panic_xnet',
      'goroutine_coro',
    ]);
    // Of the function, the variable and the type that the row names.
    const addresses = Object.entries(plan.addresses).filter(
      ([name]) => name.startsWith('net/http') || name === 'net.TCPConn',
    );
    expect(addresses.map(([, address]) => address > 0)).toEqual([true, true, true]);
  });

  test('costs no single-stepped hit on a request that succeeds', { timeout }, async (context) => {
    const { plan } = planOf(await buildOrSkip(context, build));
    const costly = plan.hooks.filter((h) => h.sites.some((s) => s.class === 'single-stepped'));
    expect(costly.map((h) => h.hook.name)).toEqual(['http_client_error']);
    for (const { hook, sites, missing } of plan.hooks) {
      // Wherever a call of `roundTrip` may end with an error, and behind each of the calls of which one is the handshake.
      const isSeveral = ['http_client_error', 'dial_tls_done'].includes(hook.name);
      if (hook.sites === undefined && !isSeveral && missing === undefined)
        expect([hook.name, sites.length]).toEqual([hook.name, 1]);
    }
  });

  test('has only sites at which objdump, too, sees an instruction start', { timeout }, async (context) => {
    const path = await buildOrSkip(context, build);
    const { plan, binary } = planOf(path);
    const content = readFileSync(path);
    for (const site of plan.hooks.flatMap((h) => h.sites)) {
      const fn = binary.functions([site.symbol]).get(site.symbol);
      const listing = disassemble(path, fn?.entry ?? 0, fn?.end ?? 0);
      if (!listing) return context.skip('no objdump here (install binutils)');
      const [mnemonic] = site.instruction.split(' ');
      expect({ site, text: listing.get(site.vaddr) }).toEqual({
        site,
        text: expect.stringMatching(new RegExp(`^(xchg +ax,ax|${mnemonic})`)),
      });
      expect(binary.fileOffsetOf(site.vaddr)).toBe(site.fileOffset);
      const first = content[site.fileOffset];
      const firstBytes = {
        push: [0x55],
        call: [0xe8],
        ret: [0xc3],
        nop: [0x0f],
        je: [0x0f, 0x74],
        jne: [0x0f, 0x75],
        jbe: [0x0f, 0x76],
      };
      expect(firstBytes[mnemonic as keyof typeof firstBytes]).toContain(first);
    }
  });

  test('covers each return of roundTrip by exactly one end', { timeout }, async (context) => {
    const { plan, binary } = planOf(await buildOrSkip(context, build));
    const name = 'net/http.(*Transport).roundTrip';
    const fn = binary.functions([name]).get(name);
    if (!fn) throw new Error(`no ${name}`);
    const returns = binary.instructionsOf(fn).filter((i) => i.op === 'return');
    const covered = new Set(sitesOf(plan, 'http_client_error').map((s) => s.vaddr));
    // One return belongs to the success after an attempt, one to the alternate transport.
    expect(returns.length - covered.size).toBe(2);
    expect(returns.filter((r) => covered.has(r.vaddr)).length).toBe(covered.size);
  });

  test('has a frame pointer wherever BPF finds the call by RBP', { timeout }, async (context) => {
    const path = await buildOrSkip(context, build);
    const { plan, binary } = planOf(path);
    for (const site of plan.hooks
      .flatMap((h) => h.sites)
      .filter((s) => s.returnSlot === 'above_frame_pointer')) {
      const fn = binary.functions([site.symbol]).get(site.symbol);
      const listing = disassemble(path, fn?.entry ?? 0, fn?.end ?? 0);
      if (!listing) return context.skip('no objdump here (install binutils)');
      const before = [...listing].filter(([vaddr]) => vaddr < site.vaddr).map(([, text]) => text);
      const setsFramePointer = before.some((t) => /^(mov +rbp,rsp|lea +rbp,\[rsp\+0x[0-9a-f]+\])$/.test(t));
      expect([site.symbol, setsFramePointer]).toEqual([site.symbol, true]);
    }
  });

  test('has every required field and knows the kind of its maps', { timeout }, async (context) => {
    const { plan, binary } = planOf(await buildOrSkip(context, build));
    const minor = Number(/^go1\.(\d+)/.exec(binary.goVersion ?? '')?.[1]);
    // It links neither gRPC nor fiber.
    const missing = plan.fields.filter((f) => !f.optional && f.offset === undefined);
    expect(missing.filter((f) => !/^(google\.golang\.org|github\.com)\//.test(f.wanted))).toEqual([]);
    expect(plan.hasSwissMaps).toBe(minor >= 24);
    expect(offsetOf(plan, 'runtime.g.parentGoid') !== undefined).toBe(minor >= 21);
    expect(offsetOf(plan, 'net/http.Request.Pattern')).toBe(minor >= 23 ? 232 : undefined);
    expect(offsetOf(plan, 'net/http.Request.Header')).toBe(56);
    const http2 =
      'net/http.http2responseWriterState.status|net/http/internal/http2.responseWriterState.status';
    expect(offsetOf(plan, http2)).toBe(minor >= 27 ? 240 : minor >= 20 ? 72 : 80);
  });

  test('is hit once a call: behind the stack check, or only when the stack suffices', {
    timeout,
  }, async (context) => {
    const { plan, binary } = planOf(await buildOrSkip(context, build));
    const minor = Number(/^go1\.(\d+)/.exec(binary.goVersion ?? '')?.[1]);
    const [start] = sitesOf(plan, 'http_server_start');
    expect(start).toMatchObject({ arg: 3, returnSlot: { belowSp: 0 } });
    expect(start?.guard).toBe(minor >= 21 ? 'always' : 'stack_suffices');
    expect(start?.instruction).toMatch(minor >= 21 ? /^push rbp$/ : /^jbe /);
  });
});

describe('a 5-byte nop', () => {
  test('is not chosen on a kernel that single-steps it', { timeout }, async (context) => {
    const path = await buildOrSkip(context, localPlain);
    const [cheap] = sitesOf(planOf(path).plan, 'goroutine_birth');
    const [plain] = sitesOf(planOf(path, { preferNop5: false }).plan, 'goroutine_birth');
    expect(cheap).toMatchObject({ class: 'nop5', arg: 1 });
    expect(plain).toMatchObject({ class: 'emulated', arg: 1, vaddr: (cheap?.vaddr ?? 0) + 5 });
  });
});

describe('a program', () => {
  test('that is only a client is traced as one', (context) => {
    needGo(context);
    const goroot = execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim();
    const { plan } = planOf(join(goroot, 'bin', 'go'));
    const found = plan.hooks.filter((h) => h.missing === undefined).map((h) => h.hook.name);
    expect(found.filter((name) => levelOf(name) === 'spans')).toEqual([
      'goroutine_birth',
      'http_client_start',
      'http_client_send',
      'http_client_stream',
      'http_client_end',
      'http_client_end_alt',
      'http_client_error',
      'dial_lookup',
      'dial_connect',
      'dial_made',
      'dial_tls',
      'dial_tls_done',
    ]);
    const start = plan.hooks.find((h) => h.hook.name === 'http_server_start');
    expect(start?.missing).toBe('the program has no function net/http.serverHandler.ServeHTTP');
  });

  test('without net/http is refused by name', { timeout }, async (context) => {
    const path = await buildOrSkip(context, { dir: `${fixtures}/hello`, name: 'hello' });
    expect(() => planOf(path)).toThrow(
      'cannot trace the executable: it has none of http_server, http_client, grpc_server, grpc_client, db, db_pgx, db_redis, http_fiber (it makes no spans; does the program use net/http, and is it not obfuscated?)',
    );
  });

  test('without a required field is refused naming the field', { timeout }, async (context) => {
    const binary = GoBinary.open(openFileSource(await buildOrSkip(context, localPlain)));
    expect(() => planAttach(binary, [goroutine, httpClient], ['net/http.Request.Nonsense'])).toThrow(
      'cannot trace the executable: field net/http.Request.Nonsense: type net/http.Request has no such field',
    );
    const optional = planAttach(
      binary,
      [goroutine, httpClient],
      ['net/http.Request.Nonsense?', 'no/such.Type.field?'],
    );
    expect(optional.fields).toEqual([
      {
        wanted: 'net/http.Request.Nonsense',
        optional: true,
        missing: 'type net/http.Request has no such field',
      },
      { wanted: 'no/such.Type.field', optional: true, missing: 'the program has no type no/such.Type' },
    ]);
  });

  test('whose required function was changed beyond recognition is refused naming the hook', {
    timeout,
  }, async (context) => {
    const content = readFileSync(await buildOrSkip(context, localPlain));
    const whole = GoBinary.open(memorySource(content));
    const name = 'net/http.serverHandler.ServeHTTP';
    const entry = whole.functions([name]).get(name)?.entry ?? 0;
    const patch = { offset: whole.fileOffsetOf(entry) ?? 0, bytes: new Uint8Array(32).fill(0xc3) };
    expect(() => planAttach(GoBinary.open(memorySource(content, [patch])), families)).toThrow(
      /^cannot trace the executable: hook http_server_start: .*no frame push behind the stack check/,
    );
  });
});

describe('the manifests', () => {
  test('name each BPF program once and say what is lost without it', () => {
    const hooks = families.flatMap((f) => f.hooks);
    expect(new Set(hooks.map((h) => h.name)).size).toBe(hooks.length);
    for (const hook of hooks) {
      expect(hook.name).toMatch(/^[a-z0-9_]+$/);
      expect(hook.without.length).toBeGreaterThan(10);
      expect(hook.choices.flatMap((c) => c.rules).length).toBeGreaterThan(0);
    }
  });
});
