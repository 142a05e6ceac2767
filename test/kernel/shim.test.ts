import { execFileSync } from 'node:child_process';
import { constants, release } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import koffi from 'koffi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Programs } from '../../src/attach/program.ts';
import { GoidspanError } from '../../src/errors.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import { loadNative, nativePath } from '../../src/kernel/native.ts';
import { kernelAtLeast } from '../../src/process/kernel-release.ts';
import { requireProcess } from '../../src/process/process.ts';
import { count, durationsLimit, TARGET_ROW_BYTES, wireLimit, wireSize } from '../../src/wire/wire.gen.ts';
import { describeKernel, describeLive } from '../support/capabilities.ts';
import { temporaryFolder } from '../support/command.ts';
import { GoServer } from '../support/go-server.ts';
import { Attached, buildHello } from './attached.ts';

const { EACCES, EINVAL, ENOENT, E2BIG } = constants.errno;
const sites = (...offsets: number[]) =>
  offsets.map((fileOffset) => ({
    fileOffset,
    codeOffset: 0,
    register: 0,
    ifStackSuffices: false,
    returnSlot: { belowSp: 0 },
  }));

/** The code of the GoidspanError that the promise rejects with. */
async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof GoidspanError ? `${error.code}: ${error.message}` : String(error);
}

describeKernel('the shim', () => {
  const library = koffi.load(nativePath('libgoidspan.so'));
  const native = loadNative();
  let kernel: Kernel;
  beforeAll(() => {
    kernel = Kernel.open({ ringBytes: 1 << 20 });
  });
  afterAll(() => kernel.close());

  it('finds out what can be attached to a tracepoint, and what cannot', () => {
    for (const probe of [native.probeRawTracepoint, native.probeTypedTracepoint]) {
      expect(probe('sched_switch')).toBe(0);
      expect(probe('no_such_tracepoint')).toBe(-ENOENT);
    }
  });

  it('looks at processors where the program for it was loaded, and forgets stacks that nobody has told', async () => {
    // At level spans it was not.
    expect(native.sample(kernel.handle, 10_000_000)).toBe(-ENOENT);
    expect(native.sample(kernel.handle, 0)).toBe(0);
    const deep = Kernel.open({ ringBytes: 4096, level: 'cpu' });
    for (const period of [10_000_000, 1_000_000, 0, 0]) expect(native.sample(deep.handle, period)).toBe(0);
    expect(await native.forgetStacks(deep.handle)).toBe(0);
    expect(native.sample(deep.handle, 10_000_000)).toBe(0);
    deep.close();
    expect(native.probeClock()).toBe(0);
  });

  it('loads the programs that are asked for, and attaches no other', async () => {
    const out = new BigUint64Array(1);
    const options = {
      objectPath: nativePath('goidspan.bpfel.o'),
      programs: 'http_server_start goroutine_birth',
      mapSizes: { records: 1 << 20, open_by_goroutine: 64, inherited_by_goroutine: 64 },
      forcePerfLinks: false,
    };
    expect(native.kernelOpen(options, out, new Uint8Array(512))).toBe(0);
    const handle = out[0] as bigint;
    const attach = (program: string) => {
      const [offsets, cookies] = [BigUint64Array.of(0n), BigUint64Array.of(0n)];
      return native.attach(
        handle,
        { program, path: '/', offsets, codeOffsets: offsets, cookies, pid: 0 },
        new BigUint64Array(1),
      );
    };
    expect(await attach('http_server_end')).toBe(-constants.errno.ENOENT);
    // Loaded; a directory cannot be probed.
    expect(await attach('goroutine_birth')).not.toBe(-constants.errno.ENOENT);
    native.kernelClose(handle);
  });

  it('refuses options of another size, as an older or newer caller would pass', () => {
    const open = library.func('kernel__open', 'int', ['void *', 'void *', 'void *', 'size_t']);
    const attach = library.func('kernel__attach', 'int', ['uintptr_t', 'void *', 'void *']);
    const out = new BigUint64Array(1);
    for (const size of [0n, 8n, 33n, 1_000n]) {
      const options = new BigUint64Array(16);
      options[0] = size;
      expect(open(options, out, new Uint8Array(512), 512)).toBe(-EINVAL);
      // The name of a program comes after the size, so it must be a string.
      const program = Buffer.from('http_server_end\0');
      options[1] = koffi.address(program);
      expect(attach(kernel.handle, options, out)).toBe(-EINVAL);
    }
    expect(out[0]).toBe(0n);
  });

  // What this very kernel can do is known; others are booted elsewhere.
  it('finds out what uprobes of the kernel can do', () => {
    expect(kernel.facts).toEqual({
      isLegacy: false,
      hasMultiLinks: kernelAtLeast(release(), 6, 10),
    });
  });

  it('refuses to open an object that is not there, with the reason', () => {
    const options = {
      objectPath: '/nowhere/goidspan.bpfel.o',
      mapSizes: {},
      forcePerfLinks: false,
    };
    expect(native.kernelOpen(options, new BigUint64Array(1), new Uint8Array(512))).toBe(-ENOENT);
  });

  it('gives the last line of the verifier that says what is wrong, and how many it leaves out', async () => {
    const objectPath = join(await temporaryFolder(), 'rejected.bpfel.o');
    const include = `/usr/include/${execFileSync('gcc', ['-dumpmachine'], { encoding: 'utf8' }).trim()}`;
    const source = fileURLToPath(new URL('rejected.bpf.c', import.meta.url));
    const flags = ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-D__TARGET_ARCH_x86', `-I${include}`];
    execFileSync('clang', [...flags, '-c', source, '-o', objectPath]);
    const options = {
      objectPath,
      mapSizes: { records: 1 << 20 },
      forcePerfLinks: false,
    };
    const said = new Uint8Array(512);
    expect(native.kernelOpen(options, new BigUint64Array(1), said)).toBe(-EACCES);
    expect(new TextDecoder().decode(said.subarray(0, said.indexOf(0)))).toMatch(
      /^reads_beyond_its_context: invalid bpf_context access off=4096 size=4 \(\d+ lines of verifier log omitted\)$/,
    );
  });

  it('refuses the size of a map that is not there', () => {
    const options = {
      objectPath: nativePath('goidspan.bpfel.o'),
      mapSizes: { records: 1 << 20, no_such_map: 1 },
      forcePerfLinks: false,
    };
    expect(native.kernelOpen(options, new BigUint64Array(1), new Uint8Array(512))).toBe(-ENOENT);
  });

  it('refuses a map that the kernel cannot hold, with what the kernel said', () => {
    expect(() => Kernel.open({ openSpansMax: 2 ** 32 - 1 })).toThrow(
      /^cannot load BPF programs: (E2BIG|ENOMEM|EINVAL)/,
    );
  });

  it('refuses a program that it does not have', async () => {
    expect(await codeOf(kernel.attach('no_such_program', '/bin/true', 1, 0, sites(0)))).toMatch(
      /^kernel_refused: cannot attach no_such_program to \/bin\/true \(pid 1\): ENOENT/,
    );
  });

  it('refuses a batch into which a record might not fit', () => {
    expect(native.drain(kernel.handle, new Uint8Array(wireSize.EV_SPAN_END - 1))).toBe(-EINVAL);
    expect(native.drain(kernel.handle, new Uint8Array(wireSize.EV_SPAN_END))).toBe(0);
  });

  it('refuses to give counters to a caller that knows another number of them', () => {
    expect(native.counts(kernel.handle, new BigUint64Array(count.COUNT_MAX - 1))).toBe(-EINVAL);
    expect(native.counts(kernel.handle, new BigUint64Array(count.COUNT_MAX + 1))).toBe(-EINVAL);
    expect(native.counts(kernel.handle, new BigUint64Array(count.COUNT_MAX))).toBe(0);
  });

  it('gives the times of slow ways to memory to who knows their size, and where they are measured', () => {
    const words = 4 * durationsLimit.DURATION_BUCKETS_MAX;
    for (const wrong of [words - 1, words + 1, 0])
      expect(native.slowAllocations(kernel.handle, 0, new BigUint64Array(wrong))).toBe(-EINVAL);
    // At level spans they are not.
    expect(native.slowAllocations(kernel.handle, 1, new BigUint64Array(words))).toBe(-ENOENT);
    const deep = Kernel.open({ ringBytes: 4096, level: 'runtime' });
    expect(deep.slowAllocations(wireLimit.TARGETS_MAX - 1)).toEqual(new BigUint64Array(words));
    expect(() => deep.slowAllocations(wireLimit.TARGETS_MAX)).toThrow(
      /^cannot read the times of allocations: .*ENOENT/,
    );
    deep.close();
  });

  it('gives how long goroutines wait for their turn to who knows its size, and where they are watched', () => {
    const words = 2 * durationsLimit.DURATION_BUCKETS_MAX;
    for (const wrong of [words - 1, words + 1, 0])
      expect(native.runDelays(kernel.handle, 0, new BigUint64Array(wrong))).toBe(-EINVAL);
    // At level spans they are not.
    expect(native.runDelays(kernel.handle, 1, new BigUint64Array(words))).toBe(-ENOENT);
    const deep = Kernel.open({ ringBytes: 4096, level: 'waits' });
    expect(deep.runDelays(wireLimit.TARGETS_MAX - 1)).toEqual(new BigUint64Array(words));
    expect(() => deep.runDelays(wireLimit.TARGETS_MAX)).toThrow(
      /^cannot read how long goroutines wait: .*ENOENT/,
    );
    deep.close();
  });

  it('refuses a target slot beyond the last', () => {
    const row = new Uint8Array(TARGET_ROW_BYTES);
    expect(native.setTarget(kernel.handle, wireLimit.TARGETS_MAX - 1, row)).toBe(0);
    expect(native.setTarget(kernel.handle, wireLimit.TARGETS_MAX, row)).toBe(-E2BIG);
  });

  it('says that an open span is not there and that nothing was to be removed', async () => {
    expect(kernel.removeOpen(1, 1, 0)).toBe(false);
    await expect(kernel.forgetTarget(1)).resolves.toBeUndefined();
    expect((await kernel.copyOpen(0)).u8.length).toBe(0);
    expect(await kernel.sweep(0n)).toEqual({ kept: 0, removed: 0 });
  });

  it('measures run times only while told to, as often as told', () => {
    expect([
      kernel.measure(true),
      kernel.measure(true),
      kernel.measure(false),
      kernel.measure(false),
    ]).toEqual(Array(4).fill(true));
  });

  it('may be closed again, and detaching nothing is nothing', async () => {
    const other = Kernel.open({ ringBytes: 4096 });
    await other.detach([]);
    other.close();
    other.close();
    native.kernelClose(0n);
  });
});

describeLive('attaching', () => {
  let server: GoServer;
  beforeAll(async () => {
    server = await GoServer.start(await buildHello());
  });
  afterAll(() => server.stop());

  describe.each([false, true])('with perf links: %s', (forcePerfLinks) => {
    let kernel: Kernel;
    beforeAll(() => {
      kernel = Kernel.open({ ringBytes: 1 << 20, forcePerfLinks });
    });
    afterAll(() => kernel.close());
    const attach = (path: string, pid: number, ...offsets: number[]) =>
      kernel.attach('http_server_end', path, pid, 0, sites(...offsets));

    it('refuses a file that is not there', async () => {
      expect(await codeOf(attach('/nowhere', server.pid, 0x1000))).toMatch(
        /cannot attach http_server_end to \/nowhere \(pid \d+\): ENOENT/,
      );
    });

    it('refuses a directory', async () => {
      expect(await codeOf(attach('/tmp', server.pid, 0x1000))).toMatch(/^kernel_refused/);
    });

    it('refuses an offset beyond the end of the file', async () => {
      const path = requireProcess(server.pid).openPath;
      expect(await codeOf(attach(path, server.pid, 0x7fff_ffff_f000))).toMatch(/^kernel_refused: .*EINVAL/);
    });

    it('refuses a process that is not there', async () => {
      const path = requireProcess(server.pid).openPath;
      expect(await codeOf(attach(path, 2 ** 22 + 1, 0x1000))).toMatch(/^no_such_process: .*ESRCH/);
    });

    it('leaves nothing behind when one of several places is refused', async () => {
      const programs = new Programs();
      const { openPath } = requireProcess(server.pid);
      const program = await programs.acquire(openPath);
      const good = program.plan.hooks.find(({ hook }) => hook.name === 'http_server_end')?.sites[0]
        ?.fileOffset;
      programs.release(program);
      expect(await codeOf(attach(openPath, server.pid, good as number, 0x7fff_ffff_f000))).toMatch(
        /^kernel_refused/,
      );
      await server.get('/');
      expect(kernel.counts()['HIT_HTTP_SERVER_END']).toBe(0);
    });
  });

  it('by perf links gives the same spans as by multi links, and both detach', async () => {
    const seen = [];
    for (const forcePerfLinks of [false, true]) {
      const attached = new Attached({ forcePerfLinks });
      const target = await attached.attach(server.pid);
      for (let i = 0; i < 50; i++) await server.get(`/x?n=${i}`);
      await target.detach();
      await server.get('/after');
      attached.drain();
      expect(attached.violations()).toEqual([]);
      expect(attached.losses()).toEqual([]);
      seen.push(
        attached.spans.map(({ spanKind, body, ending, goid }) => ({
          spanKind,
          ending,
          goid,
          path: body.path,
          query: body.query,
        })),
      );
      await attached.close();
    }
    expect(seen[0]).toHaveLength(50);
    expect(seen[1]).toEqual(seen[0]);
  });
});
