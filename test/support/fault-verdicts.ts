/** What is to be said of the faults of `waits-faults.ts`. */

const code = (file: string): string => `main\\.\\S+ \\(${file}\\.go:\\d+\\)`;
const sleptFor = (file: string): RegExp =>
  new RegExp(`in time\\.Sleep, while it waited in ${code(file)} for goroutine \\d+ \\(${code(file)}\\)$`);
/** Its request is named if it has ended by then. */
const lockedBy = (path: string): RegExp =>
  new RegExp(
    `waiting in ${code('main')} for a lock .*goroutine \\d+ \\((GET /hold/${path}, )?${code('locks')}\\)`,
  );

/** What is to be said of each fault. A request that let another one wait is named if it has ended by then. Undefined: it is too mixed to have one cause. */
export const verdicts: Readonly<Record<string, readonly [cause: string, sentence: RegExp] | undefined>> = {
  'time.Sleep': ['sleep', /in time\.Sleep in main\.\S+\.1 \(channels\.go:\d+\)$/],
  // Whom the handler waited for has slept.
  'receiving from a channel': ['sleep', sleptFor('channels')],
  'sending to a full channel': ['sleep', sleptFor('channels')],
  select: ['sleep', sleptFor('channels')],
  'two waits, one after the other': ['sleep', /in time\.Sleep in main\.\S+\.3 \(channels\.go:\d+\)/],
  'sync.Cond': ['sleep', sleptFor('locks')],
  'children that wait for theirs': ['sleep', sleptFor('locks')],
  'a mutex that another request has': ['mutex', lockedBy('mutex')],
  'an RWMutex that a writer has': ['mutex', lockedBy('writer')],
  'an RWMutex that a reader has': ['mutex', lockedBy('reader')],
  'a slow upstream': ['upstream', /waiting for GET 127\.0\.0\.1:\d+/],
  'the slow body of an answer': ['network', /waiting for 127\.0\.0\.1:\d+ in main\.\S+ \(network\.go:\d+\)$/],
  'a slow peer of a connection': [
    'network',
    /waiting for 127\.0\.0\.1:\d+ in main\.askBytes \(network\.go:\d+\)$/,
  ],
  'the only connection of a pool': ['pool', /connection of the pool \(1 of 1 in use\), to update items/],
  'a loop': ['cpu', /on a processor, mostly in main\.\S+ \(processors\.go:\d+\)/],
  'a FIFO that is read in the system call': [
    'syscall',
    /blocked in system calls in main\.readLate\S* \(system\.go:\d+\)/,
  ],
  'pages that come late': ['memory', /waiting for pages of memory( in main\.\S+ \(memory\w*\.go:\d+\))?/],
  'a turn among busy goroutines': [
    'scheduler',
    /for a turn among the goroutines of its process \(GOMAXPROCS=1, \d+ goroutines? queued\)/,
  ],
  'a quick peer of a connection': undefined,
  'pages that are on a disk': undefined,
  'pages that are to be cleared': undefined,
  allocating: undefined,
  'runtime.ReadMemStats': undefined,
  'a loop that is preempted': undefined,
  'system calls that are over before their thread has its turn': undefined,
  'a loop that is throttled': ['quota', /throttled by the CPU quota of its cgroup \(limit 0\.1 CPU\)/],
};

/** Where several causes are about as large, one of them, or none. */
export const oneOf: Readonly<Record<string, readonly string[]>> = {
  'a quick peer of a connection': ['scheduler', 'network'],
  'pages that are on a disk': ['memory', 'cpu', 'processor'],
  'pages that are to be cleared': ['cpu', 'processor'],
  allocating: ['gc', 'processor', 'scheduler', 'cpu'],
  'runtime.ReadMemStats': ['stop', 'cpu', 'processor'],
  'a loop that is preempted': ['processor', 'cpu'],
  'system calls that are over before their thread has its turn': ['syscall', 'processor'],
};
