/**
 * What time is spent on and why spans are slow: the names in the attributes, what they are called here, and their colours, which
 * are the same everywhere. A test compares the names with those that the tracer tells.
 */

interface Told {
  readonly label: string;
  readonly meaning: string;
}

/** In the order in which they are told. */
export const TIME_USE_LABELS = {
  cpu: { label: 'on CPU', meaning: 'running on a processor' },
  preempted: { label: 'preempted', meaning: 'ready, while other threads had its processor' },
  throttled: { label: 'throttled', meaning: 'held back by the CPU quota of its cgroup' },
  runnable: { label: 'runnable', meaning: 'ready, waiting for a turn among the goroutines of its process' },
  'chan.receive': { label: 'channel receive', meaning: 'waiting to receive from a channel' },
  'chan.send': { label: 'channel send', meaning: 'waiting to send to a channel' },
  select: { label: 'select', meaning: 'waiting in a select' },
  mutex: { label: 'mutex', meaning: 'waiting for a sync.Mutex' },
  rwmutex: { label: 'RWMutex', meaning: 'waiting for a sync.RWMutex' },
  cond: { label: 'cond', meaning: 'waiting for a sync.Cond' },
  waitgroup: { label: 'WaitGroup', meaning: 'waiting for a sync.WaitGroup' },
  network: { label: 'network', meaning: 'waiting for the other end of a connection' },
  'network.ready': { label: 'network, unread', meaning: 'data was there, and nobody had looked yet' },
  sleep: { label: 'sleep', meaning: 'in time.Sleep' },
  syscall: { label: 'system call', meaning: 'blocked in a system call' },
  pagefault: { label: 'page fault', meaning: 'waiting for pages of memory' },
  'gc.assist': { label: 'GC assist', meaning: 'made to help the garbage collector' },
  'gc.stw': { label: 'world stopped', meaning: 'while no goroutine of the program ran' },
  other: { label: 'other waits', meaning: 'waiting for something else' },
  unattributed: { label: 'not known', meaning: 'nothing is known of this time' },
} as const satisfies Record<string, Told>;

export const CAUSE_LABELS = {
  cpu: { label: 'CPU', meaning: 'its own work on a processor', use: 'cpu' },
  processor: { label: 'busy processor', meaning: 'other threads had its processor', use: 'preempted' },
  quota: { label: 'CPU quota', meaning: 'the quota of its cgroup', use: 'throttled' },
  scheduler: { label: 'scheduler', meaning: 'too many goroutines for GOMAXPROCS', use: 'runnable' },
  mutex: { label: 'lock', meaning: 'a lock that another goroutine held', use: 'mutex' },
  channel: { label: 'channel', meaning: 'a channel on which nothing happened', use: 'chan.receive' },
  sync: { label: 'sync', meaning: 'a WaitGroup or a Cond', use: 'waitgroup' },
  pool: { label: 'connection pool', meaning: 'no connection was free', use: 'chan.send' },
  database: { label: 'database', meaning: 'a database that answered late', use: 'network' },
  upstream: { label: 'upstream', meaning: 'another service that answered late', use: 'network' },
  network: { label: 'network', meaning: 'the other end of a connection', use: 'network' },
  sleep: { label: 'sleep', meaning: 'time.Sleep', use: 'sleep' },
  syscall: { label: 'system call', meaning: 'blocked in system calls', use: 'syscall' },
  memory: { label: 'memory', meaning: 'pages that were not there', use: 'pagefault' },
  gc: { label: 'garbage collector', meaning: 'made to help the collector', use: 'gc.assist' },
  stop: { label: 'stopped world', meaning: 'no goroutine ran', use: 'gc.stw' },
} as const satisfies Record<string, Told & { use: keyof typeof TIME_USE_LABELS }>;

const uses: Readonly<Record<string, Told>> = TIME_USE_LABELS;
const causes: Readonly<Record<string, Told & { readonly use: string }>> = CAUSE_LABELS;
const order = Object.keys(TIME_USE_LABELS);

export const useLabel = (use: string): string => uses[use]?.label ?? use;
export const useMeaning = (use: string): string => uses[use]?.meaning ?? use;
export const causeLabel = (cause: string): string => causes[cause]?.label ?? cause;
export const causeMeaning = (cause: string): string => causes[cause]?.meaning ?? cause;

/** The property of the style sheet; names that nobody here knows have the colour of what is else. */
export const useProperty = (use: string): string =>
  Object.hasOwn(uses, use) ? `--t-${use.replace('.', '-')}` : '--t-other';
export const useColour = (use: string): string => `var(${useProperty(use)})`;
export const causeColour = (cause: string): string =>
  useColour(Object.hasOwn(causes, cause) ? (causes[cause]?.use ?? 'other') : 'other');

/** What time was spent on, in the order of telling, without zeros. */
export function inOrder(spent: Readonly<Record<string, number>>): (readonly [use: string, amount: number])[] {
  const place = (use: string): number => (order.indexOf(use) + order.length + 1) % (order.length + 1);
  return Object.entries(spent)
    .filter(([, amount]) => amount > 0)
    .sort(([a], [b]) => place(a) - place(b));
}

/** Largest first. */
export const bySize = (spent: Readonly<Record<string, number>>): (readonly [string, number])[] =>
  Object.entries(spent)
    .filter(([, amount]) => amount > 0)
    .sort(([, a], [, b]) => b - a);

/** What a span of a wait, or of what hit the whole program, was about; undefined for others. */
export function useOfName(name: string): string | undefined {
  if (name.startsWith('wait ')) return name.slice(5);
  return name === 'gc.stw' ? 'gc.stw' : name === 'gc.cycle' ? 'gc.assist' : undefined;
}
