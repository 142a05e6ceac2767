/**
 * What goroutines do with their time: they wait, are woken, run, and give way. Sites of Go 1.19 to 1.27 by disassembly.
 * Source: https://github.com/golang/go/blob/go1.26.0/src/runtime/proc.go, coro.go.
 */

import { atCallOf } from './call-site.ts';
import { atEntryOf } from './entry.ts';
import type { Hook, ProbeFamily } from './hook.ts';

const noWaits = 'where the time of a span went is not known';

/** Where goroutines of some program may park often. */
const parking: readonly string[] = [
  'runtime.chanrecv',
  'runtime.chansend',
  'runtime.selectgo',
  'runtime.netpollblock',
  'runtime.semacquire1',
  'runtime.gcParkAssist',
  'sync.runtime_notifyListWait',
  'time.Sleep',
];

/**
 * `func gopark(unlockf func(*g, unsafe.Pointer) bool, lock unsafe.Pointer, reason waitReason, traceReason traceBlockReason,
 * traceskip int)`: the running goroutine (the register of g) begins to wait.
 *
 * `arg` holds the reason (its lowest byte), the register before it the lock.
 */
const park: Hook = {
  name: 'goroutine_park',
  phase: 'during',
  choices: [atEntryOf(['runtime.gopark'], 2, parking)],
  need: 'required',
  without: noWaits,
};

/** `goready`, which is inlined, by what inlines it. */
const waking: readonly string[] = [
  'runtime.goready.func1',
  'runtime.send.goready.func1',
  'runtime.recv.goready.func1',
  'runtime.closechan.goready.func1',
  'runtime.readyWithTime.goready.func1',
  'runtime.netpollgoready.goready.func1',
  'runtime.goroutineReady.goready.func1',
];

/** `func ready(gp *g, traceskip int, next bool)`: `arg` holds the goroutine that is woken, on the stack of g0. */
const ready: Hook = {
  name: 'goroutine_ready',
  phase: 'during',
  choices: [atEntryOf(['runtime.ready'], 0, waking)],
  need: 'required',
  without: noWaits,
};

/** `func injectglist(glist *gList)`: `arg` points to the list of those that are woken, linked by `g.schedlink`. */
const readyList: Hook = {
  name: 'goroutine_ready_list',
  phase: 'during',
  choices: [atEntryOf(['runtime.injectglist'], 0, ['runtime.findRunnable', 'runtime.pollWork'])],
  need: 'required',
  without: noWaits,
};

/**
 * `func execute(gp *g, inheritTime bool)` at its `casgstatus(gp, _Grunnable, _Grunning)`: `arg` holds the goroutine that
 * goes on, which is `m.curg` already. Where profile-guided optimisation has inlined that call, at the entry, where it is
 * not yet.
 */
const run: Hook = {
  name: 'goroutine_run',
  phase: 'during',
  choices: [
    {
      on: ['runtime.execute'],
      calledByEach: ['runtime.schedule'],
      rules: [...atCallOf('runtime.casgstatus', 0), { at: 'after_stack_check', arg: 0 }],
    },
  ],
  need: 'required',
  without: noWaits,
};

/**
 * `func goschedImpl(gp *g, preempted bool)`, `func goyield_m(gp *g)`, `func exitsyscallNoP(gp *g)` (`exitsyscall0` before
 * Go 1.26): `arg` holds a goroutine that could go on and has to wait for its turn. Without one of them its waiting
 * would count as time on a processor.
 */
const yielded: Hook = {
  name: 'goroutine_yield',
  phase: 'during',
  choices: [
    atEntryOf(['runtime.goschedImpl'], 0, ['runtime.gosched_m']),
    atEntryOf(['runtime.goyield_m'], 0),
    atEntryOf(['runtime.exitsyscallNoP', 'runtime.exitsyscall0'], 0),
  ],
  sites: 'all',
  need: 'required',
  without: noWaits,
};

/** `func preemptPark(gp *g)`: `arg` holds a goroutine that is stopped for the garbage collector, until `ready`. */
const preempted: Hook = {
  name: 'goroutine_preempt',
  phase: 'during',
  choices: [atEntryOf(['runtime.preemptPark'], 0, ['runtime.newstack'])],
  need: 'optional',
  without: 'goroutines that the garbage collector has stopped seem to run',
};

/**
 * `func coroswitch_m(gp *g)` (`iter.Pull`, Go ≥ 1.23): `arg` holds the goroutine that hands its thread to another, that
 * of `gp.coroarg`.
 */
const coroutine: Hook = {
  name: 'goroutine_coro',
  phase: 'during',
  choices: [atEntryOf(['runtime.coroswitch_m'], 0)],
  need: 'optional',
  without: 'the time within an iter.Pull is not attributed',
};

export const goroutineTime: ProbeFamily = {
  name: 'goroutine_time',
  level: 'waits',
  need: 'optional',
  hooks: [park, ready, readyList, run, yielded, preempted, coroutine],
  tracepoints: ['thread_switch', 'thread_wake', 'socket_data', 'uring_complete'],
  reads: ['time'],
  knows: ['goroutine_tls', 'wait_reasons'],
};
