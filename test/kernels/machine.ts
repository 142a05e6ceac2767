/** A kernel in QEMU, without KVM: booted, bounded in time, and what it left. */
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Architecture } from './architecture.ts';
import { cacheDir, output } from './command.ts';

/** What the guest is told (`guest/main.go`). */
export interface Task {
  readonly steps: readonly ('doctor' | 'programs' | 'run' | 'attach' | 'kill' | 'stress')[];
  readonly requests: number;
  readonly seconds: number;
  readonly unprivileged: boolean;
}

export interface Machine {
  readonly architecture: Architecture;
  /** Path of the kernel, and of its first file system. */
  readonly kernel: string;
  readonly initramfs: string;
  /** Further words of the kernel's command line. */
  readonly words: readonly string[];
  readonly limitMs: number;
}

/** What a machine left. */
export interface Remains {
  readonly console: string;
  /** Text of each file among the results; empty if the kernel did not live to send them. */
  readonly files: ReadonlyMap<string, string>;
  readonly timedOut: boolean;
  readonly seconds: number;
}

/** Boots a machine with a task, and waits until it is off. */
export async function runMachine(machine: Machine, task: Task): Promise<Remains> {
  const folder = join(cacheDir, machine.architecture.name, `run-${process.pid}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const started = performance.now();
  const { timedOut, said } = await ended(machine, qemuArguments(machine, task, folder));
  const seconds = Math.round((performance.now() - started) / 1_000);
  const console = said + (await readFile(join(folder, 'console.log'), 'latin1').catch(() => ''));
  const files = await unpack(join(folder, 'results.tar.gz'));
  await rm(folder, { recursive: true });
  return { console, files, timedOut, seconds };
}

function qemuArguments(
  { architecture, kernel, initramfs, words }: Machine,
  task: Task,
  folder: string,
): string[] {
  const text = JSON.stringify({ ...task, port: architecture.secondPort });
  // While the kernel gathers pages into a huge one, which takes long here, no program can read them: a loss, and counted.
  const pages = 'transparent_hugepage=madvise';
  const commandLine = [
    ...[`console=${architecture.console}`, 'loglevel=5', 'oops=panic', 'panic=-1', 'nokaslr', pages],
    ...[...architecture.bootWords, ...words, `task=${Buffer.from(text).toString('base64url')}`],
  ];
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-accel', 'tcg,thread=multi', ...architecture.machine, '-smp', '2', '-m', '2048'],
    ...['-kernel', kernel, '-initrd', initramfs, '-append', commandLine.join(' ')],
    ...['-serial', `file:${join(folder, 'console.log')}`],
    ...architecture.secondPortArguments(join(folder, 'results.tar.gz')),
  ];
}

async function ended(
  { architecture, limitMs }: Machine,
  args: readonly string[],
): Promise<{ readonly timedOut: boolean; readonly said: string }> {
  const emulator = spawn(architecture.qemu, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  let timedOut = false;
  emulator.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const timer = setTimeout(() => {
    timedOut = true;
    emulator.kill('SIGKILL');
  }, limitMs);
  const end = (): void => void emulator.kill('SIGKILL');
  const endAll = (): never => process.exit(143);
  process.once('exit', end);
  process.once('SIGTERM', endAll);
  await new Promise<void>((done) => {
    emulator.on('error', (error) => {
      said += error.message;
      done();
    });
    emulator.on('close', () => done());
  });
  process.off('exit', end);
  process.off('SIGTERM', endAll);
  clearTimeout(timer);
  return { timedOut, said };
}

async function unpack(archive: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  if ((await stat(archive).catch(() => undefined))?.size) {
    const folder = `${archive}.files`;
    await mkdir(folder);
    // An archive that was cut off is as good as none: the console says why.
    await output('tar', ['-xzf', archive, '-C', folder]).catch(() => '');
    for (const name of await readdir(folder)) files.set(name, await readFile(join(folder, name), 'utf8'));
  }
  return files;
}
