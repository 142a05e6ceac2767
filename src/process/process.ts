/**
 * What a process is: executable, start time, parents, container, environment.
 * Owns the reading from `/proc`; what follows from the facts for OpenTelemetry is in `resource.ts`.
 */
import { readdirSync, statSync } from 'node:fs';
import { GoidspanError } from '../errors.ts';
import { containerIdOf } from './container-id.ts';
import { parseEnvironment } from './environment.ts';
import { PROC_ROOT, readProcFile, readProcLink } from './proc-file.ts';
import { parseLiveStart, parseStat, parseStatus } from './process-stat.ts';

/** A process as it was when it was read. */
export interface ProcessFacts {
  readonly pid: number;
  /** Clock ticks since boot at which it started: tells a process from a later one with the same pid. */
  readonly startTicks: number;
  readonly parentPid: number;
  /** Its pid in each nested pid namespace, outermost first. */
  readonly nsPids: readonly number[];
  /** Path of the executable in the process's own file system, without ` (deleted)`. */
  readonly exe: string;
  /** The link `/proc/<pid>/exe` as it reads: the name by which `maps` calls the executable. */
  readonly exeLink: string;
  /** Path by which *this* process can open the very same file. */
  readonly openPath: string;
  readonly containerId?: string;
  /** The environment that it was started with. */
  readonly environment: ReadonlyMap<string, string>;
}

/** Marks an executable that was removed or replaced while it runs. */
const DELETED = / \(deleted\)$/;

/**
 * Reads a process. Undefined when it does not exist, is a zombie or a kernel thread.
 * @throws {GoidspanError} `not_permitted`; `no_such_process` for the id of a thread.
 */
export function readProcess(pid: number, procRoot: string = PROC_ROOT): ProcessFacts | undefined {
  const stat = parseStat(readProcFile(pid, 'stat', procRoot) ?? '');
  const status = parseStatus(readProcFile(pid, 'status', procRoot) ?? '');
  if (!stat || !status) return undefined;
  if (status.tgid !== pid) {
    throw new GoidspanError(
      'no_such_process',
      `cannot attach to pid ${pid}: it is a thread of process ${status.tgid} (use pid ${status.tgid})`,
    );
  }
  const exeLink = readProcLink(pid, 'exe', procRoot);
  if (exeLink === undefined) return undefined;
  const exe = exeLink.replace(DELETED, '');
  const containerId = containerIdOf(
    readProcFile(pid, 'cgroup', procRoot) ?? '',
    readProcFile(pid, 'mountinfo', procRoot) ?? '',
  );
  return {
    pid,
    ...stat,
    nsPids: status.nsPids,
    exe,
    exeLink,
    openPath: openPathOf(pid, exe, procRoot),
    ...(containerId !== undefined && { containerId }),
    environment: parseEnvironment(readProcFile(pid, 'environ', procRoot) ?? ''),
  };
}

/** The parent of a process; undefined if it has gone. */
export function parentOf(pid: number, procRoot: string = PROC_ROOT): number | undefined {
  return parseStat(readProcFile(pid, 'stat', procRoot) ?? '')?.parentPid;
}

/** Whether the process still lives that these facts are of: one read. */
export function isAlive({ pid, startTicks }: ProcessFacts, procRoot: string = PROC_ROOT): boolean {
  return parseLiveStart(readProcFile(pid, 'stat', procRoot) ?? '') === startTicks;
}

/**
 * Reads a process that has to be there.
 * @throws {GoidspanError} `no_such_process`, `not_permitted`.
 */
export function requireProcess(pid: number, procRoot: string = PROC_ROOT): ProcessFacts {
  const facts = readProcess(pid, procRoot);
  if (facts) return facts;
  const exists = readProcFile(pid, 'stat', procRoot) !== undefined;
  throw exists
    ? new GoidspanError(
        'not_go',
        `cannot attach to pid ${pid}: it has no executable: a kernel thread, or it is exiting (choose the pid of a Go program)`,
      )
    : new GoidspanError(
        'no_such_process',
        `cannot attach to pid ${pid}: no such process (is it still running?)`,
      );
}

/** A process and what it runs: enough to choose. */
export interface ProcessEntry {
  readonly pid: number;
  /** Path of the executable in the process's own file system, without ` (deleted)`. */
  readonly exe: string;
}

/** The processes that run now; those that may not be read, kernel threads and zombies are left out. */
export function listProcesses(procRoot: string = PROC_ROOT): ProcessEntry[] {
  const entries: ProcessEntry[] = [];
  for (const name of readdirSync(procRoot)) {
    if (!/^\d+$/.test(name)) continue;
    const exe = exeOf(Number(name), procRoot);
    if (exe !== undefined) entries.push({ pid: Number(name), exe });
  }
  return entries;
}

/** Path of the executable in the process's own file system; undefined when gone or not to be read. */
export function exeOf(pid: number, procRoot: string = PROC_ROOT): string | undefined {
  try {
    return readProcLink(pid, 'exe', procRoot)?.replace(DELETED, '');
  } catch (error) {
    if (error instanceof GoidspanError) return undefined;
    throw error;
  }
}

/**
 * The plain path when it is the same file (it outlives the process), else the path through the process's root
 * (containers), else `/proc/<pid>/exe` (deleted, replaced, or on a mount that cannot be reached).
 */
function openPathOf(pid: number, exe: string, procRoot: string): string {
  const always = `${procRoot}/${pid}/exe`;
  const wanted = fileIdentity(always);
  for (const path of [exe, `${procRoot}/${pid}/root${exe}`]) {
    if (wanted !== undefined && fileIdentity(path) === wanted) return path;
  }
  return always;
}

/** Tells a file from every other, whatever its path; undefined if there is none. */
export function fileIdentity(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
