import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import type { TracerEvent } from '../../src/tracer/api.ts';
import { Tracer } from '../../src/tracer/tracer.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { Child, eventually } from '../support/child.ts';
import { goidspanMain, temporaryFolder } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { idOf, parentOf, TracedServer, traceOf } from '../support/traced-server.ts';

const acceptance = (flags: string[] = [], name = 'acceptance-server') =>
  buildGo({ dir: 'test/fixtures/acceptance/server', name, flags });
const hello = () => buildGo({ dir: 'test/fixtures/acceptance/hello', name: 'acceptance-hello' });

/** A copy that no other test runs, for patterns to match. */
async function ownCopy(): Promise<string> {
  const copy = join(await temporaryFolder(), 'server');
  copyFileSync(await acceptance(), copy);
  return copy;
}

/** Tells where each span goes, and closes with the test. */
function collecting(): { spans: ReadableSpan[]; events: TracerEvent[]; open: () => Promise<Tracer> } {
  const spans: ReadableSpan[] = [];
  const events: TracerEvent[] = [];
  const processor = {
    onEnd: (span: ReadableSpan) => void spans.push(span),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  return {
    spans,
    events,
    open: () => Tracer.open({ processors: [processor], onEvent: (event) => void events.push(event) }),
  };
}

describeWith([kernel, go], 'targets, live', () => {
  it('are traced 64 at once by one set of programs', async () => {
    const binary = await hello();
    const servers = await Promise.all(Array.from({ length: 64 }, () => GoServer.start(binary)));
    const { spans, open } = collecting();
    const tracer = await open();
    const loaded = loadedPrograms();
    await Promise.all(servers.map((server) => tracer.attachPid(server.pid)));
    expect(loaded).toBeGreaterThan(10);
    expect(loadedPrograms()).toBe(loaded);
    await Promise.all(servers.map((server) => server.get('/')));
    const stats = await tracer.close();
    expect(stats.targets.map((target) => target.spans)).toEqual(Array.from({ length: 64 }, () => 1));
    expect(stats.lost.total).toBe(0);
    expect(new Set(spans.map((span) => span.resource.attributes['process.pid']))).toEqual(
      new Set(servers.map((server) => server.pid)),
    );
    expect(new Set(spans.map((span) => span.resource)).size).toBe(64);
    await Promise.all(servers.map((server) => server.stop()));
  });

  it.each([
    ['stripped', ['-ldflags=-s -w', '-trimpath']],
    ['position-independent and stripped', ['-buildmode=pie', '-ldflags=-s -w']],
  ])('may be %s', async (name, flags) => {
    const traced = await TracedServer.start(await acceptance(flags, `acceptance-${name.split(' ')[0]}`));
    await traced.server.get('/nested?depth=3&id=a');
    const { server, calls, leaves } = await traced.request('a', 1);
    expect([parentOf(calls[0] as ReadableSpan), parentOf(leaves[0] as ReadableSpan)]).toEqual([
      idOf(server),
      idOf(calls[0] as ReadableSpan),
    ]);
    await traced.server.get('/refused?id=b');
    const refused = await traced.request('b', 2, 1);
    expect(refused.calls[0]?.attributes['error.type']).toBe('*net.OpError');
    expect((await traced.stop()).lost.total).toBe(0);
  });

  it('may have lost their executable file', async () => {
    const copy = await ownCopy();
    const server = await GoServer.start(copy);
    rmSync(copy);
    const { spans, open } = collecting();
    const tracer = await open();
    await tracer.attachPid(server.pid);
    await server.get('/get?id=a');
    await tracer.close();
    expect(spans).toHaveLength(3);
    await server.stop();
  });

  it('lose all of a malformed OTEL_RESOURCE_ATTRIBUTES, which is said once with the pid', async () => {
    const malformed = 'service.name=shop,note=100%';
    const server = await GoServer.start(await hello(), { OTEL_RESOURCE_ATTRIBUTES: malformed });
    const { spans, events, open } = collecting();
    const tracer = await open();
    await tracer.attachPid(server.pid);
    await tracer.attachPid(server.pid);
    await server.get('/');
    await tracer.close();
    expect(events.flatMap((e) => (e.kind === 'warning' ? [e.message] : []))).toEqual([
      expect.stringMatching(
        `^cannot use OTEL_RESOURCE_ATTRIBUTES of pid ${server.pid} \\(.*acceptance-hello.*\\): "note=100%" is not key=value`,
      ),
    ]);
    expect(spans[0]?.resource.attributes['service.name']).toMatch(/^unknown_service:acceptance-hello/);
    expect(spans[0]?.resource.attributes['note']).toBeUndefined();
    await server.stop();
  });

  it('may live in a mount namespace of their own', async () => {
    const folder = await temporaryFolder();
    const inside = join(folder, 'server');
    const script = 'mount -t tmpfs none "$1" && cp "$0" "$1/server" && exec "$1/server"';
    const child = new Child('unshare', ['--mount', 'sh', '-c', script, await acceptance(), folder]);
    const server = await GoServer.of(child);
    const { spans, events, open } = collecting();
    const tracer = await open();
    expect(await tracer.followExecutables([inside])).toBe(1);
    await server.get('/get?id=a');
    await tracer.close();
    expect(events[0]).toMatchObject({ kind: 'attached', target: { exe: inside } });
    expect(spans).toHaveLength(3);
    await server.stop();
  });

  it.each([
    ['a link in the path', '/current/server'],
    ['a link in the midst of a glob', '/*/serv*'],
    ['the name of a link', '/**/started-by-this-name'],
  ])('are found by %s, before and after it leads to another file', async (_what, glob) => {
    const folder = await temporaryFolder();
    for (const release of ['1', '2']) {
      mkdirSync(join(folder, release));
      copyFileSync(await hello(), join(folder, release, 'server'));
    }
    const byName = join(folder, 'started-by-this-name');
    const deploy = (release: string): void => {
      rmSync(join(folder, 'current'), { force: true });
      symlinkSync(release, join(folder, 'current'));
      rmSync(byName, { force: true });
      symlinkSync(join(folder, 'current', 'server'), byName);
    };
    deploy('1');
    const before = await GoServer.start(byName);
    const { events, open } = collecting();
    const tracer = await open();
    expect(await tracer.followExecutables([folder + glob])).toBe(1);
    deploy('2');
    const after = await GoServer.start(byName);
    await eventually('second attach', 5_000, () => events.filter((e) => e.kind === 'attached')[1]);
    await tracer.close();
    expect(events.flatMap((e) => (e.kind === 'attached' ? [[e.target.pid, e.target.exe]] : []))).toEqual([
      [before.pid, join(folder, '1', 'server')],
      [after.pid, join(folder, '2', 'server')],
    ]);
    await Promise.all([before.stop(), after.stop()]);
  });

  it('may live in a container whose links are its own', async () => {
    const folder = await temporaryFolder();
    // Seen from outside, the link leads nowhere.
    const script =
      'mount -t tmpfs none "$1" && mkdir "$1/releases" && cp "$0" "$1/releases/server" && ' +
      'ln -s "$1/releases" "$1/current" && exec "$1/current/server"';
    const child = new Child('unshare', ['--mount', 'sh', '-c', script, await hello(), folder]);
    const server = await GoServer.of(child);
    const { open } = collecting();
    const tracer = await open();
    expect(await tracer.followExecutables([join(folder, 'current/*')])).toBe(1);
    await tracer.close();
    await server.stop();
  });

  it('end when they execute another program, and begin again when it is a Go program', async () => {
    const binary = await ownCopy();
    const { spans, events, open } = collecting();
    const tracer = await open();
    const child = new Child('/bin/sh', ['-c', 'read line; exec "$0"', binary], { input: true });
    await tracer.followExecutables([binary]);
    child.process.stdin?.end('\n');
    const server = await GoServer.of(child);
    await eventually('attached event', 5_000, () => events.find((event) => event.kind === 'attached'));
    await server.get('/get?id=a');
    await eventually('3 spans', 5_000, async () => {
      await tracer.stats();
      return spans.length === 3 || undefined;
    });
    await server.stop();
    await eventually('ended event', 5_000, () => events.find((event) => event.kind === 'ended'));
    const stats = await tracer.close();
    expect(stats.targets).toHaveLength(1);
    expect(stats.lost.total).toBe(0);
  });

  it('end their spans with the program that they replace by another, and go on under the same pid', async () => {
    const binary = await ownCopy();
    const { spans, events, open } = collecting();
    const tracer = await open();
    const server = await GoServer.start(binary);
    await tracer.followExecutables([binary]);
    await server.get('/exec?id=replaced');
    const again = await GoServer.of(server.child, 2);
    await eventually('second attach', 5_000, () => events.filter((e) => e.kind === 'attached')[1]);
    await again.get('/get?id=after');
    await again.stop('SIGKILL');
    // Well before the next round of housekeeping: the kernel has told.
    await eventually('second end', 1_000, () => events.filter((e) => e.kind === 'ended')[1]);
    const stats = await tracer.close();
    expect(stats.targets.map((target) => [target.pid, target.spans])).toEqual([
      [server.pid, 1],
      [server.pid, 3],
    ]);
    const replaced = spans.find((span) => span.attributes['url.path'] === '/exec');
    expect(replaced?.attributes['goidspan.span.ending']).toBe('process_exited');
  });

  it('have a span ended whose goroutine has died', async () => {
    const traced = await TracedServer.start(await acceptance());
    await traced.server.get('/abandoned?id=abandoned');
    // Looked at when it has been open for ten seconds.
    await new Promise((done) => setTimeout(done, 10_000));
    const { server, calls } = await traced.request('abandoned', 1, 0);
    expect(calls[0]?.attributes['goidspan.span.ending']).toBe('goroutine_exited');
    expect(parentOf(calls[0] as ReadableSpan)).toBe(idOf(server));
    expect((await traced.stop()).lost.total).toBe(0);
  });

  it('give strings that are too long cut and marked', async () => {
    const traced = await TracedServer.start(await acceptance());
    await traced.server.get(`/leaf?id=long&pad=${'x'.repeat(1_000)}`);
    const { server } = await traced.request('long', 0);
    expect(server.attributes['goidspan.cut']).toEqual(['query']);
    expect(String(server.attributes['url.query'])).toMatch(/^id=long&pad=x{100,}$/);
    await traced.stop();
  });

  it('make the share of traces that the sampler wants, each whole or not at all', async () => {
    const rejectHalf = { parentBased: true, rejectBelow: 1n << 55n };
    const traced = await TracedServer.start(await acceptance(), { sampler: rejectHalf });
    const total = 2_000;
    for (let i = 0; i < total; i += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, j) => traced.server.get(`/get?id=s${i + j}`)));
    }
    const stats = await traced.tracer.stats();
    const sizes = new Map<string, number>();
    for (const span of traced.spans) sizes.set(traceOf(span), (sizes.get(traceOf(span)) ?? 0) + 1);
    expect(new Set(sizes.values())).toEqual(new Set([3]));
    // Binomial with p = 1/2: six standard deviations are 134.
    expect(Math.abs(sizes.size - total / 2)).toBeLessThan(134);
    expect(stats.notes['unsampled']).toBe(3 * (total - sizes.size));
    await traced.stop();
  });

  it('are refused by name when the kernel has no BTF', async () => {
    const script = 'mount -t tmpfs none /sys/kernel/btf && exec "$0" "$@"';
    const masked = new Child('unshare', [
      ...['--mount', 'sh', '-c', script],
      ...[process.execPath, goidspanMain, 'attach', '--pid', String(process.pid)],
    ]);
    expect(await masked.ended).toBe(3);
    expect(masked.stderr).toMatch(/cannot load BPF programs: .*btf.* is missing \(.*CONFIG_DEBUG_INFO_BTF/);
  });
});

/** How many BPF programs this process holds, by the kernel's own account. */
function loadedPrograms(): number {
  return readdirSync('/proc/self/fdinfo').filter((fd) => {
    try {
      return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8').includes('prog_type:');
    } catch {
      return false; // closed meanwhile
    }
  }).length;
}
