/** Formats of `/proc/<pid>/stat` and `/proc/<pid>/status`: parents, start time, namespaces. Pure. */

/** From `stat`. */
export interface ProcessStat {
  readonly parentPid: number;
  /** Clock ticks since boot; with the pid it names a process for the life of the system. */
  readonly startTicks: number;
}

/** Zombie, dead: it has no memory any more. */
const ENDED = /^[ZXx]$/;

/**
 * Parses `/proc/<pid>/stat`. The command name may hold spaces and parentheses, so fields are counted from the
 * last `)`. Undefined for text of another form.
 * Source: proc_pid_stat(5), fields 4 and 22.
 */
export function parseStat(text: string): ProcessStat | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 1).split(' ');
  const parentPid = Number(fields[2]);
  const startTicks = Number(fields[20]);
  return Number.isSafeInteger(parentPid) && Number.isSafeInteger(startTicks)
    ? { parentPid, startTicks }
    : undefined;
}

/** When the process started, by `/proc/<pid>/stat`; undefined if it has ended. */
export function parseLiveStart(text: string): number | undefined {
  const state = text.charAt(text.lastIndexOf(')') + 2);
  return ENDED.test(state) ? undefined : parseStat(text)?.startTicks;
}

/** Linux counts times for programs in hundredths of a second, whatever its own ticks are (USER_HZ, sysconf(_SC_CLK_TCK)). */
export const NS_PER_TICK = 10_000_000;

/** CPU time that all threads of a process have used since its start, by `/proc/<pid>/stat`, fields 14 and 15; in nanoseconds. */
export function parseCpuTime(text: string): number | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 1).split(' ');
  const ticks = Number(fields[12]) + Number(fields[13]);
  return Number.isSafeInteger(ticks) ? ticks * NS_PER_TICK : undefined;
}

/** Processors that a process may run on, by the list in `/proc/<pid>/status`: `0-3,8`. */
export function parseAllowedProcessors(text: string): number | undefined {
  const list = /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(text)?.[1];
  const count = list?.split(',').reduce((sum, range) => {
    const [first, last = first] = range.split('-').map(Number);
    return sum + Number(last) - Number(first) + 1;
  }, 0);
  return count !== undefined && Number.isSafeInteger(count) && count > 0 ? count : undefined;
}

/** From `status`. */
export interface ProcessStatus {
  /** Pid of the process that this thread belongs to; equal to the pid for a process. */
  readonly tgid: number;
  /** Pid in each nested pid namespace, outermost first. */
  readonly nsPids: readonly number[];
}

/** Parses `/proc/<pid>/status`; undefined without a `Tgid` line. `NSpid` needs Linux ≥ 4.1. */
export function parseStatus(text: string): ProcessStatus | undefined {
  const tgid = Number(/^Tgid:\s*(\d+)$/m.exec(text)?.[1]);
  if (!Number.isSafeInteger(tgid)) return undefined;
  const nsPids = (/^NSpid:\s*([\d\s]+?)$/m.exec(text)?.[1] ?? String(tgid)).split(/\s+/).map(Number);
  return { tgid, nsPids };
}
