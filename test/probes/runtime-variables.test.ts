import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { FROM_NUMGC, runtimeLayout } from '../../src/probes/runtime-layout.ts';
import { type RuntimeVariables, runtimeVariables } from '../../src/probes/runtime-variables.ts';
import { isFullRun } from '../support/full-run.ts';
import type { GoBuild } from '../support/go-build.ts';
import { localPieStripped, localPlain, localStripped } from '../support/nethttp-builds.ts';
import { buildOrSkip, needGo } from '../support/skip.ts';

const timeout = 300_000;
const releases = [
  '1.19',
  '1.20.14',
  '1.21.13',
  '1.22.12',
  '1.23.12',
  '1.24.9',
  '1.25.5',
  undefined,
  '1.27.4',
];
/** In every run: those that others build, too; each further one takes its own standard library. */
const isCovering = (go: string | undefined, arch: string): boolean =>
  [undefined, '1.19', ...(arch === 'amd64' ? ['1.24.9', '1.27.4'] : [])].includes(go);
const builds: readonly GoBuild[] = releases.flatMap((go) =>
  ['amd64', 'arm64']
    .filter((arch) => isFullRun || isCovering(go, arch))
    .map((arch) => ({
      dir: 'test/fixtures/binary/nethttp',
      name: arch === 'amd64' ? `nethttp-${go ?? 'local'}-plain` : `nethttp-arm64-${go ?? 'local'}-plain`,
      flags: [],
      ...(arch !== 'amd64' && { arch }),
      ...(go !== undefined && { go }),
    })),
);

const open = (path: string): GoBinary => GoBinary.open(openFileSource(path));

/** As it is of a program without a symbol table. */
function decoded(path: string): RuntimeVariables {
  const binary = open(path);
  binary.variables = () => new Map();
  return runtimeVariables(binary);
}

test.for(builds)(
  'instructions of $name tell where the variables of its runtime are, as its symbol table does',
  { timeout },
  async (build, context) => {
    const path = await buildOrSkip(context, build);
    const named = runtimeVariables(open(path));
    expect(decoded(path)).toEqual(named);
    expect(Object.keys(named).sort()).toEqual([
      'allglen',
      'allp',
      'gFree',
      'gcPercent',
      'gomaxprocs',
      'heapLive',
      'heapMarked',
      'memoryLimit',
      'ngsys',
      'numgc',
      'p',
      'runqsize',
      'totalAlloc',
    ]);
  },
);

test.for(builds)(
  'what is known of the runtime of $name is what its DWARF says',
  { timeout },
  async (build, context) => {
    const witness = await buildOrSkip(context, {
      dir: 'test/fixtures/binary/dwarfoffsets',
      name: 'dwarfoffsets',
    });
    needGo(context);
    const path = await buildOrSkip(context, build);
    const structs = ['runtime.schedt', 'runtime.gcControllerState', 'runtime.mstats', 'runtime.p'];
    const output = execFileSync(witness, ['-nested', path, ...structs], { encoding: 'utf8' });
    const said = JSON.parse(output) as Record<string, Record<string, number>>;
    const of = (struct: string, ...fields: string[]) =>
      fields.map((field) => said[struct]?.[field]).filter((offset) => offset !== undefined);
    const binary = open(path);
    const layout = runtimeLayout(binary.goVersion);
    expect(layout).toEqual({
      sched: {
        lock: of('runtime.schedt', 'lock')[0],
        ngsys: of('runtime.schedt', 'ngsys')[0],
        runqsize: of('runtime.schedt', 'runqsize', 'runq.size')[0],
        gFree: of('runtime.schedt', 'gFree.n', 'gFree.stack.size', 'gFree.noStack.size'),
      },
      gcController: {
        gcPercent: of('runtime.gcControllerState', 'gcPercent')[0],
        memoryLimit: of('runtime.gcControllerState', 'memoryLimit')[0],
        heapLive: of('runtime.gcControllerState', 'heapLive')[0],
        heapMarked: of('runtime.gcControllerState', 'heapMarked')[0],
        totalAlloc: of('runtime.gcControllerState', 'totalAlloc')[0],
      },
    });
    const { mstats } = { mstats: said['runtime.mstats'] ?? {} };
    const from = (field: string) => (mstats[field] ?? Number.NaN) - (mstats['numgc'] ?? Number.NaN);
    expect(FROM_NUMGC).toEqual({
      pauseTotalNs: from('pause_total_ns'),
      pauseNs: from('pause_ns'),
      pauseEnd: from('pause_end'),
      numForcedGc: from('numforcedgc'),
      gcCpuFraction: from('gc_cpu_fraction'),
      lastGcNanotime: from('last_gc_nanotime'),
    });
    expect(runtimeVariables(binary).p?.gFree).toBe(of('runtime.p', 'gFree.n', 'gFree.size')[0]);
    const symbols = execFileSync('go', ['tool', 'nm', path], { encoding: 'utf8', maxBuffer: 64 << 20 });
    const memstats = Number.parseInt(
      /^\s*([0-9a-f]+) [BDd] runtime\.memstats$/m.exec(symbols)?.[1] ?? '',
      16,
    );
    expect((runtimeVariables(binary).numgc ?? 0) - memstats).toBe(mstats['numgc']);
  },
);

test.for([localStripped, localPieStripped])(
  'in $name, which has no symbol table, all of them are found',
  { timeout },
  async (build, context) => {
    const plain = await buildOrSkip(context, localPlain);
    const found = runtimeVariables(open(await buildOrSkip(context, build)));
    expect(Object.keys(found)).toEqual(Object.keys(runtimeVariables(open(plain))));
  },
);

test('of a Go that is no release, nothing is taken from a table', () => {
  expect(runtimeLayout('devel go1.27-abcdef')).toBeUndefined();
  expect(runtimeLayout('go1.26.8 X:staticlockranking')).toBeUndefined();
  expect(runtimeLayout('go1.99.1')).toBeUndefined();
  expect(runtimeLayout(undefined)).toBeUndefined();
  expect(runtimeLayout('go1.26rc1')).toEqual(runtimeLayout('go1.26.8'));
});
