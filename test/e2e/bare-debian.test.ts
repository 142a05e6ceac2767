import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { describeWith, kernel, type Requirement } from '../support/capabilities.ts';
import { Child } from '../support/child.ts';
import { isFullRun } from '../support/full-run.ts';
import { buildGo } from '../support/go-build.ts';
import { Project, pack } from '../support/installed.ts';

const roots = fileURLToPath(new URL('../../.cache/roots', import.meta.url));
const run = promisify(execFile);
const BUILD_MS = 900_000;

const full: Requirement = () =>
  isFullRun ? undefined : 'builds whole root file systems: set GOIDSPAN_TEST_FULL=1';
const debootstrap: Requirement = () =>
  existsSync('/usr/sbin/debootstrap') ? undefined : 'no debootstrap (Debian package debootstrap)';

/** A root file system with nothing but what every Debian has; built once. */
async function bareRoot(release: string): Promise<string> {
  const folder = join(roots, release);
  if (existsSync(folder)) return folder;
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(roots, { recursive: true });
  await run('debootstrap', ['--variant=minbase', release, partial], { timeout: BUILD_MS });
  await rename(partial, folder);
  return folder;
}

describeWith([full, kernel, debootstrap], 'the package on a bare Debian', () => {
  it.each([
    [12, 'bookworm'],
    [13, 'trixie'],
  ])('%i traces a command, without a package installed for it', { timeout: BUILD_MS }, async (_, release) => {
    const root = await bareRoot(release);
    const folder = await mkdtemp(join(tmpdir(), 'goidspan-pack-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const { tarball } = await pack(folder);
    const project = await Project.create(process.execPath, [tarball]);
    onTestFinished(() => project.remove());
    const shop = await buildGo({ dir: 'examples/shop', name: 'shop' });
    // Mounts of a mount namespace of its own end with it.
    const script = `set -e
      mkdir -p "$1/mnt/node" "$1/mnt/project" "$1/mnt/go"
      mount --bind "$2" "$1/mnt/node"; mount --bind "$3" "$1/mnt/project"; mount --bind "$4" "$1/mnt/go"
      mount -t proc proc "$1/proc"; mount -t sysfs sys "$1/sys"
      exec chroot "$1" /mnt/node/node /mnt/project/node_modules/goidspan/dist/cli/main.js \\
        run --summary /mnt/project/summary.json --out /mnt/project/out.jsonl -- /mnt/go/"$5" -listen 127.0.0.1:0 -load 2s`;
    const places = [
      root,
      dirname(process.execPath),
      project.folder,
      dirname(shop),
      shop.split('/').at(-1) ?? '',
    ];
    const command = new Child('unshare', ['--mount', 'sh', '-c', script, 'sh', ...places]);
    expect(await command.ended, command.stderr).toBe(0);
    expect(command.stdout).toMatch(/^[1-9]\d* requests sent, 0 failed$/m);
    expect(command.stderr).toMatch(/attached to/);
    expect(existsSync(join(root, 'usr/lib/x86_64-linux-gnu/libbpf.so.1'))).toBe(false);
  });
});
