/** Reports on real recordings: what is said would be gained is gained when the fault is taken out. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
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
async function record(server: GoServer, file: string, path: string, level = 'waits'): Promise<void> {
  const recorder = goidspan(['record', '--level', level, '-o', file, '--pid', String(server.pid)]);
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
    // A module for Go 1.19 has no patterns of its mux.
    expect(before.route).toBe('GET');
    expect(before.requests).toBe(requests);
    expect(before.causes[0]?.cause).toBe('sleep');
    const said = before.causes[0]?.p99WithoutNs ?? 0;
    expect(Math.abs(after.ns.p99 - said) / said).toBeLessThan(0.15);
    const [diff] = (await routesOf<RouteDiff>('diff', faulty, mended)) as [RouteDiff];
    expect(diff).toMatchObject({ route: 'GET', change: 'faster', at: 'p99' });
    expect(diff.causes[0]).toMatchObject({ cause: 'sleep', ns: expect.any(Number) });
    expect(diff.causes[0]?.ns).toBeLessThan(-30e6);
    const text = goidspan(['report', faulty]);
    expect(await text.ended).toBe(0);
    expect(text.stdout).toMatch(/^GET {2}\S+, 600 requests\n {2}p50 [\d.]+ ms/);
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
