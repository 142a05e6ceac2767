/** Which core runs what: the service has one to itself, as far as there are two, and the agent one, as far as there are three. */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { Child, type ChildOptions } from '../support/child.ts';

/** `any`: left to the kernel. */
export type Core = 'service' | 'generator' | 'agent' | 'any';

const numbers: Readonly<Record<Core, number | undefined>> = {
  service: 0,
  generator: 1,
  agent: 2,
  any: undefined,
};

/** Starts a command on that core. */
export function start(core: Core, command: string, args: readonly string[], options?: ChildOptions): Child {
  const [cores, number] = [availableParallelism(), numbers[core]];
  if (number === undefined || cores < 2) return new Child(command, args, options);
  return new Child('taskset', ['-c', String(Math.min(number, cores - 1)), command, ...args], options);
}

/** Puts the main thread of a process of the agent's core on another one, alone with its event loop. */
export function pinMainThread(pid: number): void {
  if (availableParallelism() < 2) return;
  execFileSync('taskset', ['-p', '-c', String(numbers.service), String(pid)], { stdio: 'ignore' });
}
