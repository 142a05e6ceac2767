/**
 * What the cgroups of a process allow it, versions 1 and 2, walking up to the root: the tightest bound counts. Owns the reading
 * of their files; what is not to be seen, as from within a container, is not known.
 * Source: https://docs.kernel.org/admin-guide/cgroup-v2.html and https://docs.kernel.org/scheduler/sched-bwc.html
 */
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { PROC_ROOT, readProcFile } from './proc-file.ts';

/** What is not known is absent. Plain data. */
export interface CgroupLimits {
  /** Processors' worth of time that it may use; null: no bound. */
  readonly cpus?: number | null;
  /** Bytes of memory; null: no bound. */
  readonly memoryBytes?: number | null;
  /** How often that bound has held the group back, since it was made. Only with a bound on CPU. */
  readonly throttling?: CpuThrottling;
}

export interface CpuThrottling {
  readonly periods: number;
  readonly throttledPeriods: number;
  readonly throttledNs: number;
}

/** A cgroup is a folder here, and so are those that it is in, as far as `root`. */
interface Group {
  readonly folder: string;
  readonly root: string;
  readonly isUnified: boolean;
}

export function readCgroupLimits(pid: number, procRoot: string = PROC_ROOT): CgroupLimits {
  const groups = readProcFile(pid, 'cgroup', procRoot) ?? '';
  const mounts = textOf(`${procRoot}/self/mountinfo`) ?? '';
  const cpu = groupOf('cpu', groups, mounts);
  const memory = groupOf('memory', groups, mounts);
  const [cpus, limited] = tightest(cpu, cpuLimitOf);
  const [memoryBytes] = tightest(memory, memoryLimitOf);
  const throttling = limited === undefined ? undefined : throttlingOf(limited);
  return {
    ...(cpus !== undefined && { cpus }),
    ...(memoryBytes !== undefined && { memoryBytes }),
    ...(throttling && { throttling }),
  };
}

/** Where the group of a controller is to be found: by version 1 if that has it. */
function groupOf(controller: string, groups: string, mounts: string): Group | undefined {
  const lines = groups.split('\n').map((line) => /^(\d+):([^:]*):(.*)$/.exec(line) ?? []);
  const first = lines.find(([, , controllers]) => controllers?.split(',').includes(controller))?.[3];
  const unified = lines.find(([, id, controllers]) => id === '0' && controllers === '')?.[3];
  const path = first ?? unified;
  if (path === undefined) return undefined;
  const isUnified = first === undefined;
  for (const line of mounts.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , mountRoot = '', mountPoint = ''] = before.split(' ').map(unescaped);
    const [type, , options = ''] = after.split(' ');
    const isWanted = isUnified
      ? type === 'cgroup2'
      : type === 'cgroup' && options.split(',').includes(controller);
    if (!isWanted) continue;
    const within =
      mountRoot === '/'
        ? path
        : path.startsWith(`${mountRoot}/`) || path === mountRoot
          ? path.slice(mountRoot.length)
          : undefined;
    if (within === undefined || within.includes('/..')) continue;
    return { root: mountPoint, folder: join(mountPoint, within), isUnified };
  }
  return undefined;
}

/** mountinfo writes what parts its fields in octal. */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

type Limit = number | null;

/** The smallest limit from a group upwards, and whose it is; null: nobody sets one, undefined: nothing is to be seen. */
function tightest(
  group: Group | undefined,
  limitOf: (group: Group) => Limit | undefined,
): readonly [Limit | undefined, Group | undefined] {
  let found: readonly [Limit | undefined, Group | undefined] = [undefined, undefined];
  for (let at = group; at !== undefined; at = parentOf(at)) {
    const limit = limitOf(at);
    if (limit === undefined) continue;
    if (found[0] === undefined || found[0] === null || (limit !== null && limit < found[0])) {
      found = limit === null ? [found[0] ?? null, found[1]] : [limit, at];
    }
  }
  return found;
}

const parentOf = (group: Group): Group | undefined =>
  group.folder === group.root || !group.folder.startsWith(group.root)
    ? undefined
    : { ...group, folder: posix.dirname(group.folder) };

function cpuLimitOf({ folder, root, isUnified }: Group): Limit | undefined {
  const [quota, period] = isUnified
    ? (textOf(join(folder, 'cpu.max'))?.trim().split(' ') ?? [])
    : [textOf(join(folder, 'cpu.cfs_quota_us')), textOf(join(folder, 'cpu.cfs_period_us'))];
  // The root has no such files: it is not bound.
  if (quota === undefined) return folder === root ? null : undefined;
  const [quotaUs, periodUs] = [Number(quota), Number(period)];
  if (quota.trim() === 'max' || quotaUs < 0) return null;
  return quotaUs > 0 && periodUs > 0 ? quotaUs / periodUs : undefined;
}

/** Version 1 says by a number close to 2^63 that there is none. */
const MEMORY_MAX = 2 ** 60;

function memoryLimitOf({ folder, root, isUnified }: Group): Limit | undefined {
  const text = textOf(join(folder, isUnified ? 'memory.max' : 'memory.limit_in_bytes'))?.trim();
  if (text === undefined) return folder === root ? null : undefined;
  const bytes = Number(text);
  if (text === 'max' || bytes >= MEMORY_MAX) return null;
  return bytes >= 0 ? bytes : undefined;
}

function throttlingOf({ folder, isUnified }: Group): CpuThrottling | undefined {
  const text = textOf(join(folder, 'cpu.stat'));
  const numberOf = (name: string): number =>
    Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1]);
  const throttled = isUnified ? numberOf('throttled_usec') * 1_000 : numberOf('throttled_time');
  const stat = {
    periods: numberOf('nr_periods'),
    throttledPeriods: numberOf('nr_throttled'),
    throttledNs: throttled,
  };
  return Object.values(stat).every(Number.isFinite) ? stat : undefined;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
