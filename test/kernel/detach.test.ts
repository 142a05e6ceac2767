import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Programs } from '../../src/attach/program.ts';
import { requireProcess } from '../../src/process/process.ts';
import { decodeBatch } from '../../src/wire/decode.ts';
import { describeLive } from '../support/capabilities.ts';
import { eventually } from '../support/child.ts';
import { goidspan } from '../support/command.ts';
import { GoServer } from '../support/go-server.ts';
import { Attached, buildHello } from './attached.ts';

const SITE_BYTES = 16;

describeLive('detaching', () => {
  let server: GoServer;
  beforeAll(async () => {
    server = await GoServer.start(await buildHello());
  });
  afterAll(() => server.stop());

  /** The code at every place that is probed, in hex, as the process has it now. */
  async function code(): Promise<string[]> {
    const facts = requireProcess(server.pid);
    const programs = new Programs();
    const program = await programs.acquire(facts.openPath);
    const bias = program.loadBias(readFileSync(`/proc/${server.pid}/maps`, 'utf8'), facts.exeLink);
    const memory = openSync(`/proc/${server.pid}/mem`, 'r');
    const bytes = Buffer.alloc(SITE_BYTES);
    const sites = program.plan.hooks.flatMap((hook) => hook.sites);
    const found = sites.map(({ vaddr }) => {
      readSync(memory, bytes, 0, SITE_BYTES, vaddr + bias);
      return bytes.toString('hex');
    });
    closeSync(memory);
    programs.release(program);
    return found;
  }

  it.each([false, true])(
    'leaves the code of the target as it was (perf links: %s)',
    async (forcePerfLinks) => {
      const before = await code();
      expect(before.length).toBeGreaterThan(3);
      const attached = new Attached({ forcePerfLinks });
      const target = await attached.attach(server.pid);
      await server.get('/');
      const during = await code();
      expect(during.filter((bytes, index) => bytes === before[index])).toEqual([]);
      await target.detach();
      expect(await code()).toEqual(before);
      await server.get('/unseen');
      attached.drain();
      expect(attached.spans.map(({ body }) => body.path)).toEqual(['/']);
      await attached.close();
    },
  );

  it('of one target leaves the probes of another of the same program', async () => {
    const other = await GoServer.start(await buildHello());
    const attached = new Attached();
    const [first] = [await attached.attach(server.pid), await attached.attach(other.pid)];
    await first.detach();
    await Promise.all([server.get('/unseen'), other.get('/seen')]);
    attached.drain();
    expect(attached.spans.map(({ targetId, body }) => [targetId, body.path])).toEqual([[2, '/seen']]);
    await attached.close();
    await other.stop();
  });

  it('under load, as attaching, fails no request and loses nothing but what is under way', async () => {
    let running = true;
    let failed = 0;
    const lanes = Array.from({ length: 4 }, async () => {
      while (running) if ((await server.get('/')).status !== 200) failed++;
    });
    const attached = new Attached();
    for (let round = 0; round < 3; round++) {
      const target = await attached.attach(server.pid);
      await new Promise((done) => setTimeout(done, 100));
      await target.detach();
      attached.drain();
    }
    running = false;
    await Promise.all(lanes);
    expect(failed).toBe(0);
    expect(attached.spans.length).toBeGreaterThan(100);
    expect(attached.losses()).toEqual([]);
    expect(attached.violations(true)).toEqual([]);
    // At each of the three ends, at most one request was under way in each lane.
    let open = 0;
    decodeBatch(await attached.kernel.copyOpen(0), { ...ignored, spanEnd: () => open++ });
    expect(open).toBeLessThanOrEqual(3 * lanes.length);
    for (const targetId of [1, 2, 3]) await attached.kernel.forgetTarget(targetId);
    expect((await attached.kernel.copyOpen(0)).u8).toHaveLength(0);
    await attached.close();
  });

  it('is done by the kernel when the tracing process is killed: no program, link or probe stays', async () => {
    const before = await code();
    const command = goidspan(['attach', '--pid', String(server.pid), '--out', '/dev/null']);
    await command.output(/attached/);
    await eventually('a probe', 10_000, async () =>
      (await code()).join() === before.join() ? undefined : true,
    );
    const held = programsOf(command.pid);
    expect(held.length).toBeGreaterThan(5);
    await command.stop('SIGKILL');
    await eventually('programs gone', 20_000, () => (held.some(isLoaded) ? undefined : true));
    expect(linkedPrograms().filter((id) => held.includes(id))).toEqual([]);
    expect(await code()).toEqual(before);
    expect((await server.get('/')).status).toBe(200);
  });
});

const ignored = { bad: () => {} };

/** Ids of the BPF programs that a process holds. */
function programsOf(pid: number): number[] {
  const ids = new Set<number>();
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    const id = /^prog_id:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))?.[1];
    if (id !== undefined) ids.add(Number(id));
  }
  return [...ids];
}

function bpftool(...args: string[]): unknown {
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
  return JSON.parse(
    execFileSync('bpftool', ['-j', ...args], { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore'] }),
  );
}

function isLoaded(id: number): boolean {
  return (bpftool('prog', 'show') as { id: number }[]).some((program) => program.id === id);
}

function linkedPrograms(): number[] {
  return (bpftool('link', 'show') as { prog_id: number }[]).map((link) => link.prog_id);
}
