/** The birth of goroutines: how a span's context gets from a goroutine to those it starts. */

import { atCallOf } from './call-site.ts';
import type { Hook, ProbeFamily } from './hook.ts';

/**
 * `func newproc(fn *funcval)`: its body runs on the system stack as `newproc.func1`, which makes the goroutine
 * (`newproc1(…) *g`) and queues it (`runqput(pp *p, gp *g, next bool)`).
 *
 * `arg` holds the new `*g`, complete: `goid`, `parentGoid` (Go ≥ 1.21), `startpc`. R14 is g0; the creator is
 * `g0.m.curg` (nil when a timer starts the goroutine). The goroutine has not run yet.
 */
const birth: Hook = {
  name: 'goroutine_birth',
  phase: 'birth',
  choices: [
    {
      on: ['runtime.newproc.func1'],
      rules: [
        ...atCallOf('runtime.runqput', 1, 'runtime.newproc1'),
        // Where a profile has had `newproc1` inlined.
        ...atCallOf('runtime.runqput', 1),
      ],
    },
    {
      on: ['runtime.newproc1'],
      calledByEach: ['runtime.newproc.func1'],
      rules: [{ at: 'returns', arg: 0 }],
    },
  ],
  need: 'optional',
  without: 'spans of goroutines started by a request lose their parent',
};

/**
 * `func newcoro(f func(*coro)) *coro` (`iter.Pull`, Go ≥ 1.23): its body on the system stack, `newcoro.func1`, makes the
 * goroutine by itself. `arg` holds what `newproc1` has returned.
 */
const coroutineBirth: Hook = {
  name: 'goroutine_birth_coro',
  phase: 'birth',
  choices: [
    {
      on: ['runtime.newcoro.func1'],
      rules: [
        { at: 'branch_after_call', of: 'runtime.newproc1', arg: 0 },
        { at: 'after_call', of: 'runtime.newproc1', arg: 0 },
      ],
    },
  ],
  need: 'optional',
  without: 'spans within an iter.Pull lose their parent',
};

export const goroutine: ProbeFamily = {
  name: 'goroutine',
  level: 'spans',
  need: 'required',
  hooks: [birth, coroutineBirth],
  reads: ['runtime'],
};
