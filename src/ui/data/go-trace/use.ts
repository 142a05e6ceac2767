/** What the states of Go's execution tracer are among the uses of time that are told of spans. */

import { STATE } from './columns.ts';
import type { StateTime } from './states.ts';

/** By what Go gives as the reason (https://go.dev/src/runtime/traceruntime.go). */
const USES: Readonly<Record<string, string>> = {
  network: 'network',
  select: 'select',
  'sync.(*Cond).Wait': 'cond',
  'chan send': 'chan.send',
  'chan receive': 'chan.receive',
  'GC mark assist wait for work': 'gc.assist',
  sleep: 'sleep',
};

/** Of locks Go says only `sync`: which one it is, its stack tells. */
const LOCKS: readonly (readonly [RegExp, string])[] = [
  [/^sync\.\(\*WaitGroup\)/, 'waitgroup'],
  [/^sync\.\(\*RWMutex\)\.R/, 'rwmutex'],
  [/^(internal\/)?sync\.\(\*Mutex\)/, 'mutex'],
  [/^sync\.\(\*RWMutex\)/, 'rwmutex'],
];

/** `cpu` is all the time in which Go has it run: what the kernel did meanwhile, Go does not know. */
export function useOfState({ state, reason, stack }: Pick<StateTime, 'state' | 'reason' | 'stack'>): string {
  if (state === STATE.running) return 'cpu';
  if (state === STATE.runnable) return 'runnable';
  if (state === STATE.syscall) return 'syscall';
  if (reason !== 'sync') return (Object.hasOwn(USES, reason) && USES[reason]) || 'other';
  for (const frame of stack) for (const [is, use] of LOCKS) if (is.test(frame.function)) return use;
  return 'other';
}
