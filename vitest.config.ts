import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { hasSqlite } from './.scripts/lib/nodes.mjs';

/** Tests that load programs into the kernel or start peers: one file at a time, since they share probes and cores. */
const serial = ['test/kernel/**/*.test.ts', 'test/e2e/**/*.test.ts'];
/** Of those, what mostly waits, or takes no time that another one could disturb: two at a time. */
const patient = [
  'raise',
  'export-faults',
  'examples',
  'prometheus',
  'kubernetes',
  'several-sinks',
  'peers',
].map((name) => `test/e2e/${name}.test.ts`);
/** They take minutes: who begins with them is done sooner. */
const longest = /(?:raise|interleavings|hostile)\.test\.ts$/;
/** Runs the bench once, so that it cannot rot; last, since it wants the machine for itself. */
const bench = ['test/bench/**/*.test.ts'];
/** Boots kernels in machines that take both cores: after everything else. */
const kernels = ['test/kernels/**/*.test.ts'];
/** What needs `node:sqlite`: where this Node has none, `.scripts/test-page.mjs` runs them with a newer one. */
const page = ['store', 'receiver', 'jaeger', 'page'].map((room) => `test/${room}/**/*.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => longest.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'rooms',
          include: ['test/**/*.test.ts'],
          exclude: [...serial, ...bench, ...kernels, ...page],
          maxWorkers: availableParallelism(),
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      ...(hasSqlite()
        ? [
            {
              test: {
                name: 'page',
                include: page,
                testTimeout: 60_000,
                hookTimeout: 120_000,
                sequence: { groupOrder: 0 },
              },
            },
          ]
        : []),
      {
        test: {
          name: 'live',
          include: serial,
          exclude: patient,
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'patient',
          include: patient,
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'bench',
          include: bench,
          testTimeout: 600_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: 'kernels',
          include: kernels,
          fileParallelism: false,
          hookTimeout: 300_000,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
