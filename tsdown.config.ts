import { defineConfig } from 'tsdown';

const shared = {
  target: 'node20.19',
  platform: 'node',
  fixedExtension: false,
  clean: false,
  shims: true,
  dts: { entry: 'src/index.ts' },
} as const;

/** The library in both module kinds; the threads and the command are started by path and need one only. */
export default defineConfig([
  {
    ...shared,
    format: ['esm'],
    entry: {
      index: 'src/index.ts',
      'tracer/ingest-worker': 'src/tracer/ingest-worker.ts',
      'tracer/plan-worker': 'src/tracer/plan-worker.ts',
      'cli/main': 'src/cli/main.ts',
    },
  },
  { ...shared, format: ['cjs'], entry: { index: 'src/index.ts' } },
]);
