/** Reports on real recordings: what is said would be gained is gained when the fault is taken out. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { CodeChange } from '../../src/verdict/code-diff.ts';
import type { RouteDiff } from '../../src/verdict/route-diff.ts';
import type { RouteReport } from '../../src/verdict/route-report.ts';
import { describeLive } from '../support/capabilities.ts';
import { Child } from '../support/child.ts';
import { goidspan, temporaryFolder } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { waitsBuild } from '../support/waits-server.ts';

const timeout = 120_000;
const retry = 2;
const requests = 600;

/** Records requests to the server, four at a time. */
async function record(
  server: GoServer,
  file: string,
  path: string,
  level = 'waits',
  more: readonly string[] = [],
): Promise<void> {
  const recorder = goidspan(['record', '--level', level, ...more, '-o', file, '--pid', String(server.pid)]);
  await recorder.output(/attached to/);
  let sent = 0;
  const one = async (): Promise<void> => {
    while (sent++ < requests) await server.get(path);
  };
  await Promise.all(Array.from({ length: 4 }, one));
  await recorder.stop('SIGINT');
}

describeLive('a report', () => {
  it('says by how much the slowest requests become faster without a fault, and so they do', {
    timeout,
    retry,
  }, async () => {
    const binary = await buildGo(waitsBuild('local-plain'));
    const folder = await temporaryFolder();
    const [faulty, mended] = ['faulty', 'mended'].map((name) => join(folder, `${name}.rec`)) as [
      string,
      string,
    ];
    const server = await GoServer.of(new Child(binary, []));
    try {
      await record(server, faulty, '/mixed?base=8&nth=20&ms=40');
      await record(server, mended, '/mixed?base=8');
    } finally {
      await server.stop();
    }
    const [before] = (await routesOf<RouteReport>('report', faulty)) as [RouteReport];
    const [after] = (await routesOf<RouteReport>('report', mended)) as [RouteReport];
    // Its path: a module for Go 1.19 has no patterns of its mux.
    expect(before.route).toBe('GET /mixed');
    expect(before.requests).toBe(requests);
    expect(before.causes[0]?.cause).toBe('sleep');
    const said = before.causes[0]?.p99WithoutNs ?? 0;
    expect(Math.abs(after.ns.p99 - said) / said).toBeLessThan(0.15);
    const [diff] = (await routesOf<RouteDiff>('diff', faulty, mended)) as [RouteDiff];
    expect(diff).toMatchObject({ route: 'GET /mixed', change: 'faster', at: 'p99' });
    expect(diff.causes[0]).toMatchObject({ cause: 'sleep', ns: expect.any(Number) });
    expect(diff.causes[0]?.ns).toBeLessThan(-30e6);
    const text = goidspan(['report', faulty]);
    expect(await text.ended).toBe(0);
    expect(text.stdout).toMatch(/^GET \/mixed {2}\S+, 600 requests\n {2}p50 [\d.]+ ms/);
  });

  it('names the functions in which requests spend more than before, and none of what is alike', {
    timeout,
    retry,
  }, async () => {
    const binary = await buildGo(waitsBuild('local-plain'));
    const folder = await temporaryFolder();
    const server = await GoServer.of(new Child(binary, []));
    const recorded = async (name: string, path: string): Promise<string> => {
      const file = join(folder, `${name}.rec`);
      // As deep all the time, however few the requests.
      await record(server, file, path, 'cpu', ['--budget', 'none']);
      return file;
    };
    const burns = await recorded('burns', '/cpu?ms=4');
    const again = await recorded('again', '/cpu?ms=4');
    const more = await recorded('more', '/cpu?ms=12');
    const sleeps = await recorded('sleeps', '/sleep?ms=20');
    const longer = await recorded('longer', '/sleep?ms=40');
    await server.stop();
    const changes = async (before: string, after: string): Promise<readonly CodeChange[]> => {
      const [diff] = (await routesOf<RouteDiff>('diff', before, after)) as [RouteDiff];
      expect(['GET /cpu', 'GET /sleep']).toContain(diff.route);
      return diff.code ?? expect.unreachable('no code');
    };
    expect(await changes(burns, again)).toEqual([]);
    // What it calls to know its time is more as well.
    const [burnt, ...others] = await changes(burns, more);
    expect(others.filter(({ use }) => use !== 'cpu')).toEqual([]);
    expect(burnt).toMatchObject({ use: 'cpu', file: expect.stringMatching(/processors\.go$/) });
    const { ns = 0, boundNs = 0 } = burnt ?? {};
    expect(Math.abs(ns - 8e6)).toBeLessThan(boundNs + 2e6);
    const [slept] = await changes(sleeps, longer);
    expect(slept).toMatchObject({ use: 'wait', file: expect.stringMatching(/channels\.go$/) });
    expect(Math.abs((slept?.ns ?? 0) - 20e6)).toBeLessThan(2e6);
    const text = goidspan(['diff', burns, more]);
    expect(await text.ended).toBe(0);
    expect(text.stdout).toMatch(
      /^ {2}\+\S+ ms ± \S+ ms {2}\S+ ms → \S+ ms {2}on a processor {2}main\.\S+ \(processors\.go:\d+\)$/m,
    );
  });

  it('is refused of a recording that does not say where time went', { timeout }, async () => {
    const binary = await buildGo(waitsBuild('local-plain'));
    const file = join(await temporaryFolder(), 'spans.rec');
    const server = await GoServer.of(new Child(binary, []));
    try {
      await record(server, file, '/healthy', 'spans');
    } finally {
      await server.stop();
    }
    const report = goidspan(['report', file]);
    expect(await report.ended).toBe(1);
    expect(report.stderr).toContain(
      'no request in it says where its time went (record it with --level waits)',
    );
  });
});

async function routesOf<T>(command: 'report' | 'diff', ...files: readonly string[]): Promise<T[]> {
  const child = goidspan([command, ...files, '--json']);
  expect([await child.ended, child.stderr]).toEqual([0, '']);
  return (JSON.parse(child.stdout) as { routes: T[] }).routes;
}
