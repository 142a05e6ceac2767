import { defineConfig } from 'tsdown';

const shared = {
  target: 'node20.19',
  platform: 'node',
  fixedExtension: false,
  clean: false,
  sourcemap: false,
  shims: true,
} as const;

export default defineConfig([
  {
    ...shared,
    entry: { index: 'src/index.ts', 'kernel/ingest-worker': 'src/kernel/ingest-worker.ts' },
    format: ['esm', 'cjs'],
    dts: { entry: 'src/index.ts' },
  },
  { ...shared, entry: { 'cli/main': 'src/cli/main.ts' }, format: ['esm'], dts: false },
]);
