/** Every site of every server that the live tests run, against objdump. */

import { expect, test } from 'vitest';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { families } from '../../src/probes/families.ts';
import { planAttach } from '../../src/probes/plan.ts';
import { acceptanceBuilds } from '../support/acceptance-builds.ts';
import type { GoBuild } from '../support/go-build.ts';
import { disassemble } from '../support/objdump.ts';
import { buildOrSkip } from '../support/skip.ts';

const builds: readonly GoBuild[] = [
  ...acceptanceBuilds,
  { dir: 'test/fixtures/acceptance/server', name: 'acceptance-server' },
  { dir: 'test/fixtures/acceptance/hello', name: 'acceptance-hello' },
  { dir: 'examples/shop', name: 'shop' },
];

test.for(builds)('each site in $name starts an instruction', { timeout: 300_000 }, async (build, context) => {
  const path = await buildOrSkip(context, build);
  const binary = GoBinary.open(openFileSource(path));
  const sites = planAttach(binary, families).hooks.flatMap((h) => h.sites);
  expect(sites.length).toBeGreaterThan(5);
  for (const symbol of new Set(sites.map((s) => s.symbol))) {
    const fn = binary.functions([symbol]).get(symbol);
    const listing = disassemble(path, fn?.entry ?? 0, fn?.end ?? 0);
    if (!listing) return context.skip('no objdump here (install binutils)');
    const inside = sites.filter((s) => s.symbol === symbol && !listing.has(s.vaddr));
    expect(inside).toEqual([]);
  }
});
