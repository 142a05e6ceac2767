/** `goidspan advise` on real programs: what is wrong with them is what it finds, and what it has applied helps. */
import { expect, it, type TestContext } from 'vitest';
import type { Measurement } from '../../src/advice/measurement.ts';
import type { Advice } from '../../src/advice/rules.ts';
import { describeLive } from '../support/capabilities.ts';
import { Child } from '../support/child.ts';
import { goidspan } from '../support/command.ts';
import { buildOrSkip } from '../support/skip.ts';
import { WaitsServer, waitsBuild } from '../support/waits-server.ts';

const timeout = 120_000;
/** Others may want the processors. */
const retry = 2;
const seconds = 5;

interface Advised {
  readonly measured: Measurement;
  readonly advice: readonly Advice[];
  readonly unknown: readonly string[];
  readonly applied?: string;
}

/** What is advised on a process of which `asks` are asked again and again meanwhile, side by side. */
async function advise(waits: WaitsServer, asks: readonly (() => Promise<unknown>)[]): Promise<Advised> {
  const pid = String(waits.server.pid);
  const command = goidspan(['advise', '--pid', pid, '--duration', `${seconds}s`, '--json']);
  await command.output(/attached to/);
  let isOver = false;
  void command.ended.then(() => {
    isOver = true;
  });
  await Promise.all(
    asks.map(async (ask) => {
      while (!isOver) await ask();
    }),
  );
  expect(await command.ended, command.stderr).toBe(0);
  return JSON.parse(command.stdout);
}

const several = (count: number, ask: () => Promise<unknown>) => Array.from({ length: count }, () => ask);

async function during(
  context: TestContext,
  env: Record<string, string>,
  tenths?: number,
): Promise<WaitsServer> {
  const circumstance = { name: '', faults: [], env, ...(tenths !== undefined && { tenths }) };
  return await WaitsServer.during(
    context,
    waitsBuild('local-stripped', { flags: ['-ldflags=-s -w'] }),
    circumstance,
  );
}

describeLive('advice', () => {
  it('is given on GOGC to a program that collects all the time', { timeout, retry }, async (context) => {
    const waits = await during(context, { GOGC: '5' });
    const { advice, measured, unknown } = await advise(
      waits,
      several(2, () => waits.server.get('/allocate?ms=20')),
    );
    expect(unknown).toEqual([]);
    expect(measured).toMatchObject({ gcPercent: 5, memoryLimitBytes: null });
    const gogc = advice.find(({ setting }) => setting === 'GOGC');
    expect(gogc, JSON.stringify(measured)).toMatchObject({ from: '5' });
    expect(Number(gogc?.to)).toBeGreaterThan(10);
    expect(gogc?.because).toMatch(
      /the garbage collector took \d+ % of the CPU \([\d.]+ m?s of [\d.]+ m?s, in \d+ cycles/,
    );
  });

  it('is given on the only connection of a pool', { timeout, retry }, async (context) => {
    const waits = await during(context, {});
    const hold = () => Promise.all([waits.server.get('/hold/pool?ms=20'), waits.server.get('/held')]);
    const asks = several(3, () => waits.server.get('/pool'));
    const { advice, measured } = await advise(waits, [hold, ...asks]);
    const pool = advice.find(({ setting }) => setting === 'MaxOpenConns');
    expect(pool, JSON.stringify(measured)).toMatchObject({ from: '1' });
    expect(Number(pool?.to)).toBeGreaterThanOrEqual(2);
    expect(Number(pool?.to)).toBeLessThanOrEqual(4);
    expect(pool?.because).toMatch(
      /^\d+ of \d+ calls to the database waited for a connection, \d+ ms on average/,
    );
  });

  it('is given on GOMAXPROCS above the quota', { timeout, retry }, async (context) => {
    const waits = await during(context, { GOMAXPROCS: '4' }, 2);
    const { advice, measured } = await advise(
      waits,
      several(4, () => waits.server.get('/cpu?ms=20')),
    );
    expect(measured).toMatchObject({ cpuLimit: 0.2, gomaxprocs: 4 });
    const procs = advice.find(({ setting }) => setting === 'GOMAXPROCS');
    expect(procs, JSON.stringify(measured)).toMatchObject({ from: '4', to: '1' });
    expect(procs?.because).toMatch(
      /^its cgroup allows 0\.2 CPU; the quota was used up in \d+ % of its periods/,
    );
  });

  it('is not given to a healthy program', { timeout, retry }, async (context) => {
    const waits = await during(context, {});
    const { advice, measured, unknown } = await advise(waits, [() => waits.server.get('/healthy')]);
    expect([advice, unknown]).toEqual([[], []]);
    expect(measured.requests).toBeGreaterThan(20);
    const words = ['advise', '--pid', String(waits.server.pid), '--duration', '1'];
    const text = goidspan(words);
    expect(await text.ended, text.stderr).toBe(0);
    expect(text.stdout).toMatch(
      /^pid \d+ \(\S+\): \d[\d.]* s, [\d,]+ requests, .* of CPU\nnothing to advise\n$/,
    );
  });

  it('that a program has applied itself makes the collector take less', {
    timeout,
    retry,
  }, async (context) => {
    const shop = await shopDuring(context, ['-tunable', '-load', '60s', '-rate', '100']);
    const words = ['advise', '--pid', String(shop.child.pid), '--duration', String(seconds), '--json'];
    const apply = ['--apply', `${shop.url}/debug/goidspan/tune`];
    const before = goidspan([...words, ...apply]);
    expect(await before.ended, before.stderr).toBe(0);
    const { measured, advice, applied } = JSON.parse(before.stdout) as Advised;
    expect(advice, JSON.stringify(measured)).toMatchObject([{ setting: 'GOMEMLIMIT', from: '4MiB' }]);
    const limit = Number.parseInt(advice[0]?.to ?? '', 10) * 2 ** 20;
    expect(applied).toBe(`gomemlimit ${4 * 2 ** 20} → ${limit}`);
    const after = goidspan(words);
    expect(await after.ended, after.stderr).toBe(0);
    const then = (JSON.parse(after.stdout) as Advised).measured;
    expect(then.memoryLimitBytes).toBe(limit);
    // Fewer cycles than are needed to measure what they take are less as well.
    expect(shareOf(then)).toBeLessThan(0.5 * shareOf(measured));
  });

  it('is told although the program does not take it', { timeout, retry }, async (context) => {
    const shop = await shopDuring(context, ['-load', '60s', '-rate', '100']);
    const words = ['advise', '--pid', String(shop.child.pid), '--duration', '3'];
    const command = goidspan([...words, '--apply', `${shop.url}/debug/goidspan/tune`]);
    expect(await command.ended).toBe(1);
    expect(command.stdout).toMatch(/^GOMEMLIMIT 4MiB → \d+MiB$/m);
    expect(command.stderr).toMatch(
      /^goidspan: cannot apply the advice by PUT http:\S+gomemlimit=\d+: it answers 404: .* \(does the program offer this\? see examples\/shop\)$/m,
    );
  });
});

function shareOf({ collector }: Measurement): number {
  return collector === undefined ? 0 : collector.cpuNs / collector.ofCpuNs;
}

/** The sample shop with less memory than it takes, so that it always collects. */
async function shopDuring(context: TestContext, args: readonly string[]) {
  const binary = await buildOrSkip(context, { dir: 'examples/shop', name: 'shop' });
  const child = new Child(binary, ['-listen', '127.0.0.1:0', ...args], { env: { GOMEMLIMIT: '4MiB' } });
  context.onTestFinished(() => child.stop().then(() => {}));
  const [, address] = await child.output(/^listening (\S+)$/m);
  return { child, url: `http://${address}` };
}
