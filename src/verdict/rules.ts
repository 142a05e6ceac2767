/**
 * The causes of slowness, as data: which time counts for each, and how it is told. Time within calls counts for what was
 * called, the rest by what it was spent on. What is told is only what is known: a lock has a holder only where that is certain.
 */
import type { CodeFrame, CodePlace } from '../correlate/code-place.ts';
import type { TargetFacts } from '../correlate/target-facts.ts';
import { TIME_USES, type TimeUse } from '../correlate/time-spent.ts';
import type { Cause } from '../correlate/verdict.ts';
import { codeName, tellingFrame } from '../span/code-text.ts';
import type { CallEvidence, CodeAt, Evidence, SampledPlace, WaitEvidence } from './evidence.ts';
import { milliseconds } from './milliseconds.ts';

export interface Rule {
  readonly cause: Cause;
  /** Nanoseconds that the cause explains. `rest`: time by use that is in no call. */
  readonly explains: (evidence: Evidence, rest: readonly number[]) => number;
  /** What the time was spent on, behind `41 of 58 ms `. */
  readonly tell: (shown: Shown) => string;
}

/** What there is to show for a cause. */
export interface Shown {
  readonly calls: readonly CallEvidence[];
  readonly rest: readonly number[];
  readonly stopReason: string | undefined;
  readonly queued: number;
  readonly facts: TargetFacts;
  /** The wait that makes at least half of what the cause explains, if there is one of those uses. */
  readonly waitFor: (...uses: readonly TimeUse[]) => WaitEvidence | undefined;
  /** … of any use. */
  readonly longest: WaitEvidence | undefined;
  readonly sampled: readonly SampledPlace[];
  readonly codeAt: CodeAt;
}

export function shownOf(
  evidence: Evidence,
  rest: readonly number[],
  explained: number,
  codeAt: CodeAt,
): Shown {
  const { calls, waits, sampled, stopReason, queued = 0, facts = {} } = evidence;
  return {
    calls,
    rest,
    sampled,
    codeAt,
    stopReason,
    queued,
    facts,
    waitFor: (...uses) => waits.find(({ use, ns }) => uses.includes(use) && 2 * ns >= explained),
    longest: waits.find(({ ns }) => 2 * ns >= explained),
  };
}

/** In a call, time of these is spent because of who was called. */
const WAITING: readonly TimeUse[] = [
  'network',
  'select',
  'chan.receive',
  'chan.send',
  'cond',
  'waitgroup',
  'syscall',
];

const timeOf = (ns: readonly number[], ...uses: readonly TimeUse[]): number =>
  uses.reduce((sum, use) => sum + (ns[TIME_USES[use]] ?? 0), 0);

const waitedIn = ({ ns }: CallEvidence): number => timeOf(ns, ...WAITING);

/** Time on the path that no call explains. */
export function outsideOfCalls({ ns, calls }: Evidence): number[] {
  const rest = [...ns];
  for (const call of calls) {
    for (const use of WAITING) {
      const number = TIME_USES[use];
      rest[number] = Math.max(0, (rest[number] ?? 0) - (call.ns[number] ?? 0));
    }
  }
  return rest;
}

/** By what the time outside of calls was spent on. */
function byUse(cause: Cause, uses: readonly TimeUse[], tell: Rule['tell'] | string): Rule {
  return {
    cause,
    explains: (_, rest) => timeOf(rest, ...uses),
    tell: typeof tell === 'string' ? () => tell : tell,
  };
}

function byCalls(cause: 'database' | 'upstream', what: string): Rule {
  const isOf = ({ kind }: CallEvidence): boolean => kind === cause;
  return {
    cause,
    explains: ({ calls }) =>
      calls.filter(isOf).reduce((sum, call) => sum + Math.max(0, waitedIn(call) - call.poolNs), 0),
    tell: ({ calls }) => `waiting for ${what}${named(calls.filter(isOf), waitedIn)}`,
  };
}

/** The dearest of the calls, and how many there were. */
function named(calls: readonly CallEvidence[], costOf: (call: CallEvidence) => number): string {
  const spent = new Map<string, number>();
  for (const call of calls) spent.set(call.name, (spent.get(call.name) ?? 0) + costOf(call));
  const [name] = [...spent].sort(([, a], [, b]) => b - a)[0] ?? [];
  const count = calls.filter((call) => call.name === name).length;
  return name === undefined ? '' : `${name}${count > 1 ? ` (${count} calls)` : ''}`;
}

/** What stands at a place, as a person would call it. */
function nameAt(place: CodePlace | undefined, codeAt: CodeAt): string | undefined {
  const frame = tellingFrame(codeAt(place) ?? []);
  return frame && codeName(frame);
}

/** ` in main.(*Cache).Fill (cache.go:88)`, if that is known. */
function inCode(wait: WaitEvidence | undefined, codeAt: CodeAt): string {
  const name = nameAt(wait?.place, codeAt);
  return name === undefined ? '' : ` in ${name}`;
}

function goroutine({ wakerGoid, wakerName, wakerPlace }: WaitEvidence, codeAt: CodeAt): string {
  const about = [wakerName, nameAt(wakerPlace, codeAt)].filter((text) => text !== undefined);
  return `goroutine ${wakerGoid}${about.length === 0 ? '' : ` (${about.join(', ')})`}`;
}

/** Where the longest wait was and who has ended it, as far as that is known. */
function waitText(wait: WaitEvidence | undefined, codeAt: CodeAt): string {
  const where = inCode(wait, codeAt);
  return wait === undefined || wait.wakerGoid === 0 ? where : `${where}, ended by ${goroutine(wait, codeAt)}`;
}

function lockText({ waitFor, codeAt }: Shown): string {
  const wait = waitFor('mutex', 'rwmutex');
  const text = `waiting${inCode(wait, codeAt)} for a lock`;
  if (wait === undefined || wait.wakerGoid === 0) return text;
  if (wait.wakerIsHolder) return `${text} held by ${goroutine(wait, codeAt)}`;
  return `${text} that ${goroutine(wait, codeAt)} gave back`;
}

const CHANNELS = {
  'chan.receive': 'waiting to receive from a channel',
  'chan.send': 'waiting to send to a channel',
  select: 'waiting at several channels (select)',
} as const;

function channelText({ rest, waitFor, codeAt }: Shown): string {
  const uses = Object.keys(CHANNELS) as (keyof typeof CHANNELS)[];
  const [most] = uses.sort((a, b) => timeOf(rest, b) - timeOf(rest, a));
  return most === undefined ? '' : CHANNELS[most] + waitText(waitFor(most), codeAt);
}

function syncText({ rest, waitFor, codeAt }: Shown): string {
  const isGroup = timeOf(rest, 'waitgroup') > timeOf(rest, 'cond');
  return isGroup
    ? `waiting for a WaitGroup${waitText(waitFor('waitgroup'), codeAt)}`
    : `waiting for a condition (sync.Cond)${waitText(waitFor('cond'), codeAt)}`;
}

function schedulerText({ rest, queued, facts: { gomaxprocs } }: Shown): string {
  const ready = timeOf(rest, 'network.ready');
  const unseen = ready > 0 ? `, ${milliseconds(ready)} ms of it before anybody saw that data had come` : '';
  const known = [
    ...(gomaxprocs === undefined ? [] : [`GOMAXPROCS=${gomaxprocs}`]),
    ...(queued === 0 ? [] : [`${queued} goroutine${queued === 1 ? '' : 's'} queued`]),
  ];
  const among = known.length === 0 ? '' : ` (${known.join(', ')})`;
  return `waiting for a turn among the goroutines of its process${among}${unseen}`;
}

function quotaText({ facts: { cpuLimit } }: Shown): string {
  const limit = cpuLimit === undefined ? '' : ` (limit ${Number(cpuLimit.toFixed(2))} CPU)`;
  return `throttled by the CPU quota of its cgroup${limit}`;
}

/** Of the call that has waited longest. */
function poolText({ calls }: Shown): string {
  const waited = calls.filter(({ poolNs }) => poolNs > 0).sort((a, b) => b.poolNs - a.poolNs);
  const pool = waited[0]?.pool;
  const full = pool === undefined ? '' : ` (${pool.used} of ${pool.max} in use)`;
  return `waiting for a database connection of the pool${full}, to ${named(waited, ({ poolNs }) => poolNs)}`;
}

/** The world is stopped for the collector, and for others; who helps it does so only while it works. */
const isCollecting = (ns: readonly number[]): boolean => 4 * timeOf(ns, 'gc.assist') >= timeOf(ns, 'gc.stw');

function gcText({ rest }: Shown): string {
  const [assisting, stopped] = [timeOf(rest, 'gc.assist'), timeOf(rest, 'gc.stw')];
  return `for the garbage collector (${milliseconds(assisting)} ms helping it, ${milliseconds(stopped)} ms stopped)`;
}

function networkText(shown: Shown): string {
  return `waiting for ${shown.waitFor('network')?.peer ?? 'the network'}${placeText(shown, 'network')}`;
}

/** Where the longest wait of that kind was; or where it has waited for who did so instead. */
function placeText({ waitFor, longest, codeAt }: Shown, use: TimeUse): string {
  const wait = waitFor(use);
  if (wait !== undefined || longest === undefined || longest.wakerGoid === 0) return inCode(wait, codeAt);
  return `, while it waited${inCode(longest, codeAt)} for ${goroutine(longest, codeAt)}`;
}

const withPlace =
  (text: string, use: TimeUse): Rule['tell'] =>
  (shown) =>
    text + placeText(shown, use);

/** One sample may be anywhere. */
const SAMPLES_MIN = 2;

/** … and in which function it was seen in at least half of the samples. */
function cpuText(shown: Shown): string {
  const { sampled, codeAt } = shown;
  const byFunction = new Map<string, { readonly frame: CodeFrame; samples: number }>();
  let all = 0;
  for (const { place, samples } of sampled) {
    all += samples;
    const frame = tellingFrame(codeAt(place) ?? []);
    const known = frame && byFunction.get(frame.function);
    if (known) known.samples += samples;
    else if (frame) byFunction.set(frame.function, { frame, samples });
  }
  const [most] = [...byFunction.values()].sort((a, b) => b.samples - a.samples);
  const isTold = most !== undefined && most.samples >= SAMPLES_MIN && 2 * most.samples >= all;
  return `on a processor${isTold ? `, mostly in ${codeName(most.frame)}` : ''}${placeText(shown, 'cpu')}`;
}

export const RULES: readonly Rule[] = [
  {
    cause: 'pool',
    explains: ({ calls }) => calls.reduce((sum, { poolNs }) => sum + poolNs, 0),
    tell: poolText,
  },
  byCalls('database', 'the database: '),
  byCalls('upstream', ''),
  byUse('mutex', ['mutex', 'rwmutex'], lockText),
  byUse('channel', ['chan.receive', 'chan.send', 'select'], channelText),
  byUse('sync', ['cond', 'waitgroup'], syncText),
  byUse('scheduler', ['runnable', 'network.ready'], schedulerText),
  byUse('processor', ['preempted'], 'ready to run while other threads had its processor'),
  byUse('quota', ['throttled'], quotaText),
  {
    cause: 'gc',
    explains: (_, rest) => (isCollecting(rest) ? timeOf(rest, 'gc.assist', 'gc.stw') : 0),
    tell: gcText,
  },
  {
    cause: 'stop',
    explains: (_, rest) => (isCollecting(rest) ? 0 : timeOf(rest, 'gc.stw')),
    tell: ({ stopReason }) =>
      `while the world was stopped${stopReason === undefined ? '' : ` (${stopReason})`}`,
  },
  byUse('network', ['network'], networkText),
  byUse('sleep', ['sleep'], withPlace('in time.Sleep', 'sleep')),
  byUse('syscall', ['syscall'], withPlace('blocked in system calls', 'syscall')),
  byUse('memory', ['pagefault'], withPlace('waiting for pages of memory', 'pagefault')),
  byUse('cpu', ['cpu'], cpuText),
];

/** What nobody knows the reason of. */
export const unknownNs = (ns: readonly number[]): number => timeOf(ns, 'unattributed', 'other');
