/** What a process has used, from `/proc`. */
import { readFileSync } from 'node:fs';

/** `/proc/‹pid›/stat` counts CPU time in hundredths of a second (USER_HZ). */
const TICK_MS = 10;

/** CPU time in milliseconds, user and system. A probe's time is in the system time of the probed process. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Resident memory in MB (10⁶ bytes). */
export function rssMb(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kib) * 1024) / 1e6;
}
