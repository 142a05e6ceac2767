import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { nodeOf } from '../../.scripts/lib/nodes.mjs';
import { temporaryFolder } from '../support/command.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

describe("Node's own SQLite", () => {
  async function programOf(): Promise<string> {
    const outfile = join(await temporaryFolder(), 'program.mjs');
    const contents = `
      import { openDatabase } from './src/store/sqlite.ts';
      try {
        const database = openDatabase(':memory:', { readOnly: false });
        process.stdout.write(String(database.prepare('SELECT 41 + 1 AS n').get().n));
      } catch ({ code, message }) {
        process.stdout.write(code + ': ' + message);
      }
      process.emitWarning('another one');`;
    await build({
      stdin: { contents, resolveDir: root, loader: 'ts' },
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
    });
    return outfile;
  }

  it('opens, and keeps Node from warning of it and of nothing else', async () => {
    const { stdout, stderr } = await run(process.execPath, [await programOf()]);
    expect(stdout).toBe('42');
    expect(stderr).toMatch(/^\(node:\d+\) Warning: another one\n/);
  });

  it('is missing on Node 20, which is said with the version that has it', async () => {
    const { stdout } = await run(await nodeOf(20), [await programOf()]);
    expect(stdout).toMatch(
      /^no_sqlite: cannot open the store: Node 20\.\d+\.\d+ has no SQLite \(use Node 22\.13 or newer\)$/,
    );
  });
});
