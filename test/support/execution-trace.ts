/** How the classes of Go's execution tracer and the keys of a breakdown go together. */

import type { TracedRequest } from './waits-server.ts';

interface Class {
  readonly name: string;
  /** Keys of a breakdown whose sum is the class. */
  readonly keys: readonly string[];
  /** Keys of which a part belongs to it. */
  readonly partly: readonly string[];
  readonly of: (request: TracedRequest) => number;
}

function waiting(name: string, keys: readonly string[], partly: readonly string[] = []): Class {
  return { name, keys, partly, of: (request) => request.Waiting[name] ?? 0 };
}

/**
 * The tracer counts as running whatever the kernel does to the thread, and whatever a goroutine does for the collector; a
 * system call lasts from its entry to its exit, blocked or not.
 */
export const classes: readonly Class[] = [
  {
    name: 'running',
    keys: ['cpu', 'preempted', 'throttled', 'syscall', 'pagefault', 'gc.assist', 'gc.stw'],
    partly: ['other'],
    of: ({ Running, Syscall, Waiting }) =>
      Running + Syscall + (Waiting['GC mark assist wait for work'] ?? 0) + (Waiting['preempted'] ?? 0),
  },
  { name: 'runnable', keys: ['runnable'], partly: ['gc.stw'], of: ({ Runnable }) => Runnable },
  waiting('sleep', ['sleep']),
  waiting('chan receive', ['chan.receive']),
  waiting('chan send', ['chan.send']),
  waiting('select', ['select']),
  waiting('sync', ['mutex', 'rwmutex', 'waitgroup'], ['other']),
  waiting('sync.(*Cond).Wait', ['cond']),
  waiting('network', ['network', 'network.ready']),
];

/** What the tracer has for those keys together, as far as it can tell them from others. */
export function tracedTimeOf(keys: readonly string[], request: TracedRequest): number {
  const ranges = new Set(keys.map((key) => rangeOf(key)));
  return [...ranges].reduce((sum, range) => sum + range(request), 0);
}

function rangeOf(key: string): Class['of'] {
  if (key === 'gc.assist') return assist;
  if (key === 'gc.stw') return stop;
  const found = classes.find(({ keys }) => keys.includes(key));
  if (found === undefined) throw new Error(`no class of ${key}`);
  return found.of;
}

const assist: Class['of'] = ({ Assist }) => Assist;
const stop: Class['of'] = ({ Stop }) => Stop;
