import { readFileSync, readlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type RuntimeFacts, readRuntimeFacts } from '../../src/attach/runtime-facts.ts';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { runtimeVariables } from '../../src/probes/runtime-variables.ts';
import { loadBias, parseMaps } from '../../src/process/memory-map.ts';
import { pageBytes } from '../../src/process/page-size.ts';
import { Child } from '../support/child.ts';
import { isFullRun } from '../support/full-run.ts';
import type { GoBuild } from '../support/go-build.ts';
import { buildOrSkip } from '../support/skip.ts';

const timeout = 300_000;
const dir = 'test/fixtures/binary/runtimefacts';
const stripped = ['-ldflags=-s -w', '-trimpath'];
const builds: readonly GoBuild[] = [
  { dir, name: 'runtimefacts-local' },
  { dir, name: 'runtimefacts-local-stripped', flags: stripped },
  { dir, name: 'runtimefacts-local-pie-stripped', flags: ['-buildmode=pie', '-ldflags=-s -w'] },
  {
    dir,
    name: 'runtimefacts-cgo-pie-stripped',
    flags: ['-buildmode=pie', '-ldflags=-s -w -linkmode=external'],
    cgo: true,
  },
  ...(isFullRun ? ['1.19', '1.20.14', '1.23.12', '1.25.5', '1.27.4'] : ['1.19', '1.25.5', '1.27.4']).map(
    (go) => ({
      dir,
      name: `runtimefacts-${go}-stripped`,
      flags: stripped,
      go,
    }),
  ),
];

function factsOf(pid: number, path: string): RuntimeFacts {
  const binary = GoBinary.open(openFileSource(path));
  const maps = parseMaps(readFileSync(`/proc/${pid}/maps`, 'utf8'));
  const segments = binary.segments.map((s) => ({ ...s, fileSize: s.fileBytes }));
  const bias = binary.isPie ? loadBias(maps, readlinkSync(`/proc/${pid}/exe`), segments, pageBytes()) : 0;
  return readRuntimeFacts(pid, bias ?? 0, runtimeVariables(binary));
}

test.for(builds)(
  'what is read from the memory of $name is what it says of itself',
  { timeout },
  async (build, context) => {
    const path = await buildOrSkip(context, build);
    const child = new Child(path, [], { input: true });
    try {
      const [, text = ''] = await child.output(/^runtime (.*)$/m);
      const said = JSON.parse(text) as Record<string, number>;
      const facts = factsOf(child.pid, path);
      expect(facts).toMatchObject({
        gomaxprocs: 3,
        goroutines: said['goroutines'],
        queued: 0,
        gcPercent: 37,
        memoryLimitBytes: 2 ** 30,
        collector: {
          cycles: said['cycles'],
          forcedCycles: 3,
          pauseTotalNs: said['pauseTotal'],
          cpuFraction: said['cpuFraction'],
        },
      });
      // What it keeps: 1,024 times 16 KiB.
      expect(facts.heapMarkedBytes).toBeGreaterThan(2 ** 24);
      expect(facts.heapMarkedBytes).toBeLessThanOrEqual((said['heapAlloc'] ?? 0) * 1.05);
      expect(facts.heapLiveBytes).toBeGreaterThanOrEqual(facts.heapMarkedBytes ?? Number.NaN);
      // All that it has kept, and what is not told yet.
      expect(facts.allocatedBytes).toBeGreaterThan(2 ** 24);
      expect(facts.allocatedBytes).toBeLessThanOrEqual(said['totalAlloc'] ?? 0);
      const now = Number(process.hrtime.bigint());
      expect(facts.collector?.lastEndKtimeNs).toBeLessThan(now);
      expect(facts.collector?.lastEndKtimeNs).toBeGreaterThan(now - 60e9);
    } finally {
      child.process.stdin?.end();
      await child.stop();
    }
  },
);

test('what cannot be right is not told, nor what follows from it', { timeout }, async (context) => {
  const [build] = builds;
  const path = await buildOrSkip(context, build as GoBuild);
  const child = new Child(path, [], { input: true });
  try {
    await child.output(/^runtime (.*)$/m);
    const variables = runtimeVariables(GoBinary.open(openFileSource(path)));
    const elsewhere = { ...variables, allp: (variables.allp ?? 0) + 24 };
    const { goroutines, queued, gomaxprocs } = readRuntimeFacts(child.pid, 0, elsewhere);
    expect([goroutines, queued, gomaxprocs]).toEqual([undefined, undefined, 3]);
    // All of its memory is somewhere else.
    expect(readRuntimeFacts(child.pid, 2 ** 40, variables)).toEqual({});
  } finally {
    await child.stop();
  }
});

test('of a process that has gone nothing is known', async () => {
  const child = new Child('/bin/true', []);
  const { pid } = child;
  await child.ended;
  expect(readRuntimeFacts(pid, 0, { gomaxprocs: 0x400000 })).toEqual({});
});
