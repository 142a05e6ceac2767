/** Where the time of a span went: every nanosecond of it in one place. */

import { nanosBetween } from '../wire/batch.ts';
import { type EvSpanEnd, type SpanTime, spanFlag, timeUse } from '../wire/wire.gen.ts';

/** What time is spent on, in the order in which it is told. The names are ours: no convention has any. */
export const TIME_USES = {
  cpu: timeUse.TIME_CPU,
  preempted: timeUse.TIME_PREEMPTED,
  throttled: timeUse.TIME_THROTTLED,
  runnable: timeUse.TIME_RUNNABLE,
  'chan.receive': timeUse.TIME_CHAN_RECEIVE,
  'chan.send': timeUse.TIME_CHAN_SEND,
  select: timeUse.TIME_SELECT,
  mutex: timeUse.TIME_MUTEX,
  rwmutex: timeUse.TIME_RWMUTEX,
  cond: timeUse.TIME_COND,
  waitgroup: timeUse.TIME_WAITGROUP,
  network: timeUse.TIME_NETWORK,
  'network.ready': timeUse.TIME_NETWORK_READY,
  sleep: timeUse.TIME_SLEEP,
  syscall: timeUse.TIME_SYSCALL,
  pagefault: timeUse.TIME_PAGEFAULT,
  'gc.assist': timeUse.TIME_GC_ASSIST,
  'gc.stw': timeUse.TIME_GC_STW,
  other: timeUse.TIME_OTHER,
  unattributed: timeUse.TIME_UNATTRIBUTED,
} as const satisfies Record<string, (typeof timeUse)[keyof typeof timeUse]>;
export type TimeUse = keyof typeof TIME_USES;

/** How much went where, in nanoseconds, without zeros: the sum is the duration of the span, exactly. */
export type Breakdown = Partial<Readonly<Record<TimeUse, number>>>;

/** What a record says of it; `ns` is by the numbers of the uses, and its sum is the duration of the span, exactly. */
export type TimeSpent = SpanTime;

/** In the order in which they are told. */
export const timeUses = Object.entries(TIME_USES) as readonly (readonly [name: TimeUse, number: number])[];
const useNames: Readonly<Record<number, TimeUse>> = Object.fromEntries(
  timeUses.map(([name, number]) => [number, name]),
);

/** The name of a number of `enum time_use`; one that is none is `other`. */
export const timeUseOf = (number: number): TimeUse => useNames[number] ?? 'other';

/** Of the record of a span; undefined if it says nothing of it, or more than there was. */
export function timeSpent({ time, startKtimeNs, endKtimeNs }: EvSpanEnd): TimeSpent | undefined {
  if (time === undefined) return undefined;
  // The record reads it anew for each who asks, so that this one may be completed.
  const ns = time.ns as number[];
  const lasted = nanosBetween(startKtimeNs, endKtimeNs);
  let left = lasted;
  for (let use = 0; use < ns.length; use++)
    left -= use === timeUse.TIME_UNATTRIBUTED ? 0 : (ns[use] as number);
  ns[timeUse.TIME_UNATTRIBUTED] = left;
  return left < 0 || time.allocNs > lasted ? undefined : time;
}

/** Whether a record says more than there was, so that `time` was made of it: nothing. */
export const isTimeWrong = ({ header }: EvSpanEnd, time: TimeSpent | undefined): boolean =>
  time === undefined && (header.flags & spanFlag.SPAN_FLAG_TIME) !== 0;

/** By the names of the uses. */
export function breakdownOf({ ns }: Pick<TimeSpent, 'ns'>): Breakdown {
  return Object.fromEntries(timeUses.flatMap(([name, number]) => (ns[number] ? [[name, ns[number]]] : [])));
}
