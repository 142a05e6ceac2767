import { spawn } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { exeOf, listProcesses, readProcess, requireProcess } from '../../src/process/process.ts';

const directories: string[] = [];
const children: ReturnType<typeof spawn>[] = [];

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'goidspan-target-'));
  directories.push(directory);
  return directory;
}

/** Starts a copy of `sleep` under a name of its own, and waits until it runs. */
async function sleeper(path: string, env: Record<string, string> = {}): Promise<number> {
  copyFileSync(realpathSync('/bin/sleep'), path);
  const child = spawn(path, ['60'], { env, stdio: 'ignore' });
  children.push(child);
  await new Promise((resolve) => child.once('spawn', resolve));
  return child.pid ?? 0;
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

describe('readProcess', () => {
  it('reads executable, parent, start time and environment of a running program', async () => {
    const path = join(temporaryDirectory(), 'my sleep');
    const pid = await sleeper(path, { OTEL_SERVICE_NAME: 'shop', B: 'x=y' });
    const facts = readProcess(pid);
    expect(facts).toMatchObject({ pid, parentPid: process.pid, exe: path, exeLink: path, openPath: path });
    expect(facts?.startTicks).toBeGreaterThan(0);
    expect(facts?.nsPids[0]).toBe(pid);
    expect(facts?.environment.get('OTEL_SERVICE_NAME')).toBe('shop');
    expect(facts?.environment.get('B')).toBe('x=y');
  });

  it('opens a deleted executable through /proc', async () => {
    const path = join(temporaryDirectory(), 'gone');
    const pid = await sleeper(path);
    rmSync(path);
    expect(readProcess(pid)).toMatchObject({
      exe: path,
      exeLink: `${path} (deleted)`,
      openPath: `/proc/${pid}/exe`,
    });
  });

  it('does not take a new file at the old path for the executable', async () => {
    const path = join(temporaryDirectory(), 'replaced');
    const pid = await sleeper(path);
    rmSync(path);
    writeFileSync(path, 'another build');
    expect(readProcess(pid)?.openPath).toBe(`/proc/${pid}/exe`);
  });

  it('gives undefined for a process that does not exist', () => {
    expect(readProcess(2 ** 22 + 1)).toBeUndefined();
  });

  it('names the process when asked for one of its threads', () => {
    const tid =
      readdirSync('/proc/self/task')
        .map(Number)
        .find((id) => id !== process.pid) ?? 0;
    expect(() => readProcess(tid)).toThrow(
      expect.objectContaining({
        code: 'no_such_process',
        message: `cannot attach to pid ${tid}: it is a thread of process ${process.pid} (use pid ${process.pid})`,
      }),
    );
  });

  it.each([
    ['empty files', { stat: '', status: '' }],
    ['garbage', { stat: '\0\u{1F600}) ) )', status: 'Tgid:\tx\nNSpid:' }],
    ['a directory where a file belongs', undefined],
  ])('survives a hostile /proc: %s', (_name, files) => {
    const procRoot = temporaryDirectory();
    mkdirSync(join(procRoot, '7'));
    for (const [name, text] of Object.entries(files ?? {})) writeFileSync(join(procRoot, '7', name), text);
    if (!files) mkdirSync(join(procRoot, '7', 'stat'));
    expect(readProcess(7, procRoot)).toBeUndefined();
  });

  it('reads a process with an odd cgroup, a huge environment and no readable executable file', () => {
    const procRoot = temporaryDirectory();
    const at = join(procRoot, '7');
    mkdirSync(at);
    writeFileSync(join(at, 'stat'), '7 (x) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 55 0 0');
    writeFileSync(join(at, 'status'), 'Tgid:\t7\n');
    writeFileSync(join(at, 'cgroup'), ':::\n\n0');
    writeFileSync(join(at, 'environ'), Buffer.alloc(1 << 20, 0xff));
    symlinkSync('/nowhere/app', join(at, 'exe'));
    expect(readProcess(7, procRoot)).toMatchObject({
      pid: 7,
      startTicks: 55,
      exe: '/nowhere/app',
      openPath: `${procRoot}/7/exe`,
      environment: new Map(),
    });
  });
});

describe('requireProcess', () => {
  it('says that a process does not exist', () => {
    expect(() => requireProcess(2 ** 22 + 1)).toThrow(
      'cannot attach to pid 4194305: no such process (is it still running?)',
    );
  });
});

describe('listProcesses', () => {
  it('finds a program that runs and leaves out what has no executable', async () => {
    const path = join(temporaryDirectory(), 'listed');
    const pid = await sleeper(path);
    expect(listProcesses()).toContainEqual({ pid, exe: path });
    expect(exeOf(pid)).toBe(path);
  });
});
