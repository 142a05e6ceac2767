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
      'ingest/ingest-worker': 'src/ingest/ingest-worker.ts',
      'attach/plan-worker': 'src/attach/plan-worker.ts',
      'symbols/symbol-worker': 'src/symbols/symbol-worker.ts',
      'store/store-worker': 'src/store/store-worker.ts',
      'cli/main': 'src/cli/main.ts',
    },
  },
  // Without comments and white space: it says nothing that the other one does not say.
  {
    ...shared,
    format: ['cjs'],
    entry: { index: 'src/index.ts' },
    minify: { mangle: false, compress: false, codegen: { removeWhitespace: true } },
  },
]);
