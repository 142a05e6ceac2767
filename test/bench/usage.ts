/** What a process has used, and what all others have, from `/proc`. */
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** `/proc/‹pid›/stat` counts CPU time in hundredths of a second (USER_HZ). */
const TICK_MS = 10;

/** CPU time in milliseconds, user and system. A probe's time is in the system time of the probed process. */
export const cpuMs = (pid: number): number => cpuTicks(pid, [11, 12]) * TICK_MS;

/** CPU time in milliseconds of the threads of that name, as far as the kernel shows it; 0 if there are none. */
export function threadCpuMs(pid: number, name: string): number {
  const tasks = readdirSync(`/proc/${pid}/task`).map((tid) => `${pid}/task/${tid}`);
  const named = tasks.filter((task) => readFileSync(`/proc/${task}/comm`, 'utf8').trim() === name);
  return named.reduce((sum, task) => sum + cpuTicks(task, [11, 12]) * TICK_MS, 0);
}

/** Fields of `/proc/‹pid›/stat`, counted from behind the name, summed. */
function cpuTicks(pid: number | string, fields: readonly number[]): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const words = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.reduce((sum, field) => sum + Number(words[field]), 0);
}

/** Starts a count of the CPU that others use: what the machine spends, less this process and its ended children. */
export function watchOthers(): () => number {
  const began = performance.now();
  const before = othersMs();
  const available = () => (performance.now() - began) * availableParallelism();
  return () => ((othersMs() - before) / available()) * 100;
}

function othersMs(): number {
  // user nice system idle iowait irq softirq steal
  const [user, nice, system, , , irq, softirq, steal] = (
    /^cpu +(.+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? ''
  )
    .split(' ')
    .map(Number);
  const busy = [user, nice, system, irq, softirq, steal].reduce<number>(
    (sum, ticks) => sum + (ticks ?? 0),
    0,
  );
  return (busy - cpuTicks('self', [11, 12, 13, 14])) * TICK_MS;
}

/** Resident memory in MB (10⁶ bytes). */
export function rssMb(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kib) * 1024) / 1e6;
}
