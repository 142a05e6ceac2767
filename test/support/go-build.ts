/**
 * Builds Go fixtures once and keeps them in `.cache/fixtures`, named by what they were built from.
 * A toolchain that this machine lacks is {@link ToolchainMissing}: a named skip, not a failure.
 */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));
const cacheDir = join(root, '.cache', 'fixtures');
const run = promisify(execFile);

/** Go 1.19 cannot be fetched by `GOTOOLCHAIN`; Debian packages it as `golang-1.19-go`. */
const installedByVersion: Readonly<Record<string, string>> = { '1.19': '/usr/lib/go-1.19/bin/go' };
const buildMilliseconds = 600_000;
const lockPollMilliseconds = 200;

/** The Go toolchain of a fixture is neither installed nor to be had. */
export class ToolchainMissing extends Error {
  override readonly name = 'ToolchainMissing';
}

/** What to build. */
export interface GoBuild {
  /** Directory of the main package and its `go.mod`, from the root of the repository. */
  readonly dir: string;
  /** `1.19`, or an exact release such as `1.27.4`; by default the `go` of the machine. */
  readonly go?: string;
  /** Flags of `go build`, e.g. `['-ldflags=-s -w', '-trimpath']`. */
  readonly flags?: readonly string[];
  /** Link C code (`CGO_ENABLED=1`); by default the program is pure Go. */
  readonly cgo?: boolean;
  /** Target processor (`GOARCH`); by default amd64. */
  readonly arch?: string;
  /** Readable part of the file's name. */
  readonly name: string;
}

/**
 * Path of the built program; builds it if no earlier run did.
 * @throws ToolchainMissing when there is no such Go here.
 */
export async function buildGo(build: GoBuild): Promise<string> {
  const target = join(cacheDir, `${build.name}-${await keyOf(build)}`);
  if (existsSync(target)) return target;
  await mkdir(cacheDir, { recursive: true });
  const release = await lock(`${target}.lock`);
  try {
    if (!existsSync(target)) await compile(build, target);
    return target;
  } finally {
    await release();
  }
}

async function compile(build: GoBuild, target: string): Promise<void> {
  const partial = `${target}.partial`;
  const go = goCommand(build);
  const args = ['build', '-buildvcs=false', '-o', partial, ...(build.flags ?? []), '.'];
  try {
    await run(go, args, {
      cwd: resolve(root, build.dir),
      env: environmentOf(build),
      timeout: buildMilliseconds,
    });
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    if (/ENOENT|toolchain not available|download go\d/.test(output) || isNotFound(error)) {
      throw new ToolchainMissing(
        `no Go ${build.go ?? ''} here to build ${build.name}: ${output.trim().slice(0, 300)}`,
      );
    }
    throw new Error(`go build of ${build.name} failed: ${output}`);
  }
  await rename(partial, target);
}

function goCommand(build: GoBuild): string {
  const installed = build.go === undefined ? undefined : installedByVersion[build.go];
  if (installed !== undefined && !existsSync(installed)) {
    throw new ToolchainMissing(`no ${installed} here to build ${build.name} (install golang-${build.go}-go)`);
  }
  return installed ?? 'go';
}

function environmentOf(build: GoBuild): NodeJS.ProcessEnv {
  const isFetched = build.go !== undefined && installedByVersion[build.go] === undefined;
  return {
    ...process.env,
    HOME: homedir(),
    GOTOOLCHAIN: isFetched ? `go${build.go}` : 'local',
    CGO_ENABLED: build.cgo ? '1' : '0',
    GOOS: 'linux',
    GOARCH: build.arch ?? 'amd64',
    GOWORK: 'off',
  };
}

/** Everything that decides the output, sources included. */
async function keyOf(build: GoBuild): Promise<string> {
  const hash = createHash('sha256');
  hash.update(
    JSON.stringify([build.go ?? (await localVersion()), build.flags ?? [], !!build.cgo, build.arch ?? '']),
  );
  const dir = resolve(root, build.dir);
  for (const file of (await filesUnder(dir)).sort()) {
    hash
      .update(relative(dir, file))
      .update('\0')
      .update(await readFile(file))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

let localVersionOnce: Promise<string> | undefined;

function localVersion(): Promise<string> {
  localVersionOnce ??= run('go', ['env', 'GOVERSION'], { cwd: root }).then(
    ({ stdout }) => stdout.trim(),
    (error: unknown) => {
      throw new ToolchainMissing(
        `no go command here: ${error instanceof Error ? error.message : String(error)}`,
      );
    },
  );
  return localVersionOnce;
}

async function filesUnder(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true });
  return entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** One builder per program across test processes. A lock whose owner has died is taken over. */
async function lock(path: string): Promise<() => Promise<void>> {
  const started = Date.now();
  for (;;) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      return () => rm(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const owner = await readFile(path, 'utf8').then(Number, () => 0);
    if (owner > 0 && !existsSync(`/proc/${owner}`)) await rm(path, { force: true });
    if (Date.now() - started > 2 * buildMilliseconds) throw new Error(`waited too long for ${path}`);
    await sleep(lockPollMilliseconds);
  }
}
