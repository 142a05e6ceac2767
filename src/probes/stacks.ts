/**
 * Where in its code a goroutine waits, or spends its time on a processor. No probe: stacks are read through frame pointers when a
 * wait has turned out to be long, and when the clock of a processor says so.
 * Source: https://github.com/golang/go/blob/go1.26.0/src/runtime/runtime2.go (gobuf).
 */

import type { ProbeFamily } from './hook.ts';

export const stacks: ProbeFamily = {
  name: 'stacks',
  level: 'cpu',
  need: 'optional',
  hooks: [],
  tracepoints: ['cpu_sample'],
  reads: ['stack'],
  knows: ['goroutine_tls'],
};
