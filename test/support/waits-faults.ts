/** Ways to spend time, each with a known amount of it, and the circumstances in which they happen. */

import { type Breakdown, timeOf } from './breakdown.ts';

/** One request to `test/fixtures/waits`. */
export interface Fault {
  /** As the tests call it. */
  readonly name: string;
  readonly path: string;
  /** The request that has what this one wants. */
  readonly held?: string;
  /** Milliseconds that were asked for, by key as the handler has it; it may be more. */
  readonly amounts: Readonly<Record<string, number>>;
  /** Can a handler know how long it was, with that release of Go? */
  readonly isToldBy?: (go: string | undefined) => boolean;
}

/** How a target runs. */
export interface Circumstance {
  readonly name: string;
  readonly env?: Readonly<Record<string, string>>;
  /** On one processor, together with another process that is always busy. */
  readonly isCrowded?: boolean;
  /** Its threads never take a processor from another one: they wait until that has had its time. */
  readonly isBatch?: boolean;
  /** Under a CPU quota of its cgroup: tenths of a processor. */
  readonly tenths?: number;
  /** How many goroutines of the target are always busy. */
  readonly hogs?: number;
  /** How deep to look at it; by default `waits`. */
  readonly level?: 'runtime';
  readonly faults: readonly Fault[];
}

/** A healthy request and all that takes no special circumstances. */
const plain: readonly Fault[] = [
  { name: 'nothing', path: '/healthy', amounts: {} },
  { name: 'time.Sleep', path: '/sleep?ms=60', amounts: { sleep: 60 } },
  { name: 'receiving from a channel', path: '/chan/receive?ms=60', amounts: { 'chan.receive': 60 } },
  { name: 'sending to a full channel', path: '/chan/send?ms=60', amounts: { 'chan.send': 60 } },
  { name: 'select', path: '/select?ms=60', amounts: { select: 60 } },
  {
    name: 'two waits, one after the other',
    path: '/two?ms=25',
    amounts: { 'chan.receive': 25, sleep: 50 },
  },
  {
    name: 'a mutex that another request has',
    path: '/mutex',
    held: '/hold/mutex?ms=60',
    amounts: { mutex: 50 },
  },
  {
    name: 'an RWMutex that a writer has',
    path: '/rwmutex/read',
    held: '/hold/writer?ms=60',
    amounts: { rwmutex: 50 },
  },
  {
    name: 'an RWMutex that a reader has',
    path: '/rwmutex/write',
    held: '/hold/reader?ms=60',
    amounts: { rwmutex: 50 },
  },
  { name: 'sync.Cond', path: '/cond?ms=60', amounts: { cond: 60 } },
  { name: 'children that wait for theirs', path: '/waitgroup?ms=60', amounts: { waitgroup: 60 } },
  { name: 'a slow upstream', path: '/upstream/late?ms=60', amounts: { select: 60 } },
  { name: 'the slow body of an answer', path: '/upstream/body?ms=60', amounts: { network: 60 } },
  { name: 'a slow peer of a connection', path: '/tcp?ms=60', amounts: { network: 60 } },
  {
    name: 'the only connection of a pool',
    path: '/pool',
    held: '/hold/pool?ms=60',
    amounts: { select: 50 },
  },
  { name: 'a loop', path: '/cpu?ms=60', amounts: { cpu: 60 } },
  { name: 'a FIFO that is read in the system call', path: '/fifo?ms=60', amounts: { syscall: 60 } },
  {
    name: 'pages that are on a disk',
    path: '/pagefault/file?ms=60',
    held: '/hold/pages',
    amounts: { 'pagefault preempted': 10 },
    // A thread's clock has up to 9 µs more for each of 600 switches: it runs on while the kernel looks for who is next.
  },
  { name: 'pages that are to be cleared', path: '/pagefault/anonymous?ms=60', amounts: {} },
  { name: 'pages that come late', path: '/pagefault/late?ms=60', amounts: { pagefault: 60 } },
];

/** The faults of that name. */
export function faultsNamed(...names: readonly string[]): readonly Fault[] {
  const found = plain.filter(({ name }) => names.includes(name));
  if (found.length !== names.length) throw new Error(`no such faults: ${names.join(', ')}`);
  return found;
}

export const circumstances: readonly Circumstance[] = [
  { name: 'alone', faults: plain },
  {
    name: 'with one P, which is busy',
    env: { GOMAXPROCS: '1' },
    hogs: 2,
    faults: [
      { name: 'a turn among busy goroutines', path: '/runnable?ms=60', amounts: { runnable: 60 } },
      {
        name: 'a quick peer of a connection',
        path: '/tcp/unpolled?times=6',
        amounts: { 'network network.ready runnable': 40 },
      },
    ],
  },
  {
    name: 'with a collector that always collects',
    env: { GOGC: '5' },
    level: 'runtime',
    faults: [
      {
        name: 'allocating',
        path: '/allocate?ms=100',
        amounts: { 'gc.assist': 10 },
        isToldBy: (go) => go !== '1.19',
      },
    ],
  },
  {
    name: 'with a world that is stopped again and again',
    level: 'runtime',
    faults: [{ name: 'runtime.ReadMemStats', path: '/stops?ms=30', amounts: { 'gc.stw': 30 } }],
  },
  {
    name: 'beside a busy process',
    isCrowded: true,
    faults: [
      {
        name: 'a loop that is preempted',
        path: '/cpu?ms=60&lack=preempted',
        amounts: { cpu: 60, preempted: 30 },
      },
    ],
  },
  {
    name: 'that a busy process lets wait',
    isCrowded: true,
    isBatch: true,
    faults: [
      {
        name: 'system calls that are over before their thread has its turn',
        path: '/naps?ms=1&times=40',
        amounts: { syscall: 40, preempted: 12 },
      },
    ],
  },
  {
    name: 'under a quota of 10 %',
    tenths: 1,
    faults: [
      {
        name: 'a loop that is throttled',
        // If it is preempted first, and then the quota is used up by another thread, it counts as preempted all the time.
        path: '/cpu?ms=30&lack=throttled%20preempted',
        amounts: { cpu: 30, 'throttled preempted': 100 },
      },
    ],
  },
];

/** What handlers can tell that are built with that release of Go. */
export const circumstancesOf = (go: string | undefined): readonly Circumstance[] =>
  circumstances
    .map((one) => ({ ...one, faults: one.faults.filter(({ isToldBy }) => isToldBy?.(go) ?? true) }))
    .filter(({ faults }) => faults.length > 0);

/** What a handler has less of than was asked for, in words; `truth` as in its answer, of which a key may be several in one. */
export function missing({ amounts }: Fault, truth: Breakdown): string[] {
  return Object.entries(amounts).flatMap(([key, ms]) => {
    const spent = Object.keys(truth).filter((some) => some.includes(key));
    const ns = timeOf(spent, truth);
    return ns > ms * 990_000 ? [] : [`${ns} ns of ${key}, not ${ms} ms`];
  });
}
