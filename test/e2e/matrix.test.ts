/** The same requests to the acceptance target of each Go release, built in each way: the same span tree from each. */

import { afterAll, describe, expect, it } from 'vitest';
import { acceptanceBuilds, matrixKinds, matrixReleases } from '../support/acceptance-builds.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { buildOrSkip } from '../support/skip.ts';
import { spanTree } from '../support/span-tree.ts';
import { isServer, queryOf, TracedServer } from '../support/traced-server.ts';

/** Each request, how many calls it makes and how many of them the target answers itself. */
const requests: [path: string, calls: number, leaves: number][] = [
  ['/get', 1, 1],
  ['/nested?depth=6', 1, 1],
  ['/fanout?n=3', 3, 3],
  ['/h2?calls=2', 2, 2],
  ['/redirect?hops=1', 2, 2],
  ['/refused', 2, 1],
  ['/call-status?code=503', 1, 1],
  ['/outlive?delay=1', 1, 1],
  ['/hijack', 1, 1],
  ['/panic', 0, 0],
];

const cells = new Map<string, string>();

describeWith([kernel, go], 'the matrix of Go releases and ways to build', () => {
  let reference: { build: string; trees: string[][] } | undefined;

  describe.each(acceptanceBuilds)('Go $release, $kind', (build) => {
    it('gives the same span tree as the others', { timeout: 300_000 }, async (context) => {
      const cell = `${build.release} ${build.kind}`;
      cells.set(cell, 'no toolchain');
      const binary = await buildOrSkip(context, build);
      cells.set(cell, 'FAILED');
      const traced = await TracedServer.start(binary);
      for (const [index, [path, calls, leaves]] of requests.entries()) {
        await traced.server.get(`${path}${path.includes('?') ? '&' : '?'}id=m${index}`);
        await traced.request(`m${index}`, calls, leaves);
      }
      const trees = requests.map((_, index) =>
        spanTree(traced.spans.filter((span) => idsOf(span).includes(`m${index}`))),
      );
      const stats = await traced.stop();
      expect(stats.lost).toMatchObject({ total: 0 });
      reference ??= { build: cell, trees };
      expect(trees, `differs from ${reference.build}`).toEqual(reference.trees);
      expect(trees[1]).toEqual([
        'server HTTP/1.1 /nested 200',
        '  client HTTP/1.1 /leaf 200',
        '    server HTTP/1.1 /leaf 200',
      ]);
      expect(trees.flat().filter((line) => line.includes('server')).length).toBe(
        traced.spans.filter(isServer).length,
      );
      cells.set(cell, `${trees.flat().length} spans`);
    });
  });

  afterAll(() => {
    process.stdout.write(`the same span tree from each build:\n${table()}\n`);
  });
});

function idsOf(span: Parameters<typeof queryOf>[0]): (string | null)[] {
  const query = queryOf(span);
  return [query.get('id'), query.get('of')];
}

function table(): string {
  const row = (first: string, columns: readonly string[]) =>
    [first.padEnd(8), ...columns.map((c) => c.padEnd(14))].join('').trimEnd();
  const rows = matrixReleases.map((release) =>
    row(
      release,
      matrixKinds.map((kind) => cells.get(`${release} ${kind}`) ?? 'full run only'),
    ),
  );
  return [row('Go', matrixKinds), ...rows].join('\n');
}
