/**
 * What the garbage collector takes of goroutines' time. Sites of Go 1.19 to 1.27 by disassembly.
 * Source: https://github.com/golang/go/blob/go1.26.0/src/runtime/proc.go, mgcmark.go.
 */

import { atCallOf } from './call-site.ts';
import { atEntryOf } from './entry.ts';
import type { Hook, ProbeFamily, SiteChoice } from './hook.ts';

const stop: SiteChoice = atEntryOf(['runtime.stopTheWorldWithSema'], 0);
/** A closure of `gcAssistAlloc`, by its number in different versions. */
const assisting: readonly string[] = ['runtime.gcAssistAlloc.func1', 'runtime.gcAssistAlloc.func2'];

const noStops = 'how long the world was stopped is not known';
const noAssists = 'what a goroutine did for the garbage collector counts as its own work';

/**
 * `func stopTheWorldWithSema(reason stwReason) worldStop`, which Go ≤ 1.20 does not tell the reason.
 *
 * `arg` holds the reason (its lowest byte); with variant 1 nothing. On the stack of g0: who stops the world is `m.curg`.
 */
const stopBegin: Hook = {
  name: 'gc_stop_begin',
  phase: 'start',
  choices: [
    { ...stop, calls: 'runtime.traceLocker.STWStart' },
    { ...stop, calls: 'runtime.traceSTWStart' },
    { ...stop, variant: 1 },
  ],
  need: 'required',
  without: noStops,
};

/** `func startTheWorldWithSema(…) int64` at its `wakep()`: the goroutines run again. */
const stopEnd: Hook = {
  name: 'gc_stop_end',
  phase: 'end',
  choices: [
    {
      on: ['runtime.startTheWorldWithSema'],
      rules: atCallOf('runtime.wakep', 0),
    },
  ],
  need: 'required',
  without: noStops,
};

/** `func gcAssistAlloc1(gp *g, scanWork int64)` at its `gcDrainN(…)`, on the stack of g0: the goroutine is `m.curg`. */
const assistBegin: Hook = {
  name: 'gc_assist_begin',
  phase: 'start',
  choices: [
    {
      on: ['runtime.gcAssistAlloc1'],
      calledBy: assisting,
      rules: atCallOf('runtime.gcDrainN', 0),
    },
  ],
  need: 'required',
  without: noAssists,
};

/** The same at its `casgstatus(gp, _Gwaiting, _Grunning)` behind that. */
const assistEnd: Hook = {
  name: 'gc_assist_end',
  phase: 'end',
  choices: [
    {
      on: ['runtime.gcAssistAlloc1'],
      calledBy: assisting,
      rules: atCallOf('runtime.casgstatus', 0, 'runtime.gcDrainN'),
    },
  ],
  need: 'required',
  without: noAssists,
};

export const gcTime: ProbeFamily = {
  name: 'gc_time',
  level: 'runtime',
  need: 'optional',
  hooks: [stopBegin, stopEnd, assistBegin, assistEnd],
  reads: [],
};
