/** Programs that were made hard to read, by real tools where they are to be had: refused, naming what was done. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { families } from '../../src/probes/families.ts';
import { planAttach } from '../../src/probes/plan.ts';
import { isFullRun } from '../support/full-run.ts';
import { memorySource } from '../support/memory-source.ts';
import { localStripped } from '../support/nethttp-builds.ts';
import { buildOrSkip } from '../support/skip.ts';

const timeout = 600_000;
const root = fileURLToPath(new URL('../..', import.meta.url));
/** The last that builds with Go 1.26. */
const garble = 'mvdan.cc/garble@v0.17.0';

function temporaryPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'goidspan-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'program');
}

test('a program whose packages have other names is refused as one that seems obfuscated', {
  timeout,
}, async (context) => {
  const content = readFileSync(await buildOrSkip(context, localStripped));
  const [name, other] = [Buffer.from('net/http.'), Buffer.from('xqz/wkpy.')];
  for (let at = content.indexOf(name); at >= 0; at = content.indexOf(name, at)) content.set(other, at);
  expect(() => planAttach(GoBinary.open(memorySource(content)), families)).toThrow(
    'cannot trace the executable: it has none of http_server, http_client, grpc_server, grpc_client, db, db_pgx, db_redis, http_fiber (it makes no spans; does the program use net/http, and is it not obfuscated?)',
  );
});

test.runIf(isFullRun)(
  'a program built by garble is refused by name (GOIDSPAN_TEST_FULL=1)',
  { timeout },
  (context) => {
    const path = temporaryPath();
    try {
      execFileSync('go', ['run', garble, 'build', '-o', path, '.'], {
        cwd: resolve(root, localStripped.dir),
        env: { ...process.env, GOGARBLE: '*', GOWORK: 'off', CGO_ENABLED: '0' },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
    } catch (error) {
      const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
      return context.skip(`no ${garble} here: ${output.slice(-200)}`);
    }
    expect(() => GoBinary.open(openFileSource(path))).toThrow(
      'cannot trace the executable: its function table has an unknown format (built with garble, or with a newer Go than this release knows?)',
    );
  },
);

test('a program packed by UPX is refused by name', { timeout }, async (context) => {
  const program = await buildOrSkip(context, localStripped);
  const path = temporaryPath();
  try {
    execFileSync('upx', ['-q', '-1', '-o', path, program], { stdio: 'ignore' });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return context.skip('no upx here (a packed program made by hand is refused in refusals.test.ts)');
    }
    throw error;
  }
  expect(() => GoBinary.open(openFileSource(path))).toThrow(
    'cannot trace the executable: it is packed with UPX (unpack it with `upx -d`, or attach to the unpacked program)',
  );
});
