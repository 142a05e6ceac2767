/** What Go's trace tells of the goroutines of a span as lanes, in the same time as ours. */
import { useLabel } from '../../time-uses.ts';
import type { Lane, LaneBar, Lanes, Wake } from '../lanes.ts';
import type { GoTrace, TracedTime } from './read.ts';

const LANES_MAX = 12;
/** That are drawn: the longest. */
const BARS_MAX = 2_000;

/** How long a goroutine did what within a time, in nanoseconds. */
export function spentIn(
  times: readonly TracedTime[],
  { fromUs, toUs }: { readonly fromUs: number; readonly toUs: number },
): Record<string, number> {
  const spent: Record<string, number> = {};
  for (const time of times) {
    const us = Math.min(toUs, time.toUs) - Math.max(fromUs, time.fromUs);
    if (us > 0) spent[time.use] = (spent[time.use] ?? 0) + us * 1000;
  }
  return spent;
}

/** `goroutines`: of the span, its own first. After them come who has ended their waits, the longest first. */
export function goTraceLanes(
  { times }: GoTrace,
  goroutines: readonly number[],
): Lanes & { barsLeft: number } {
  const byGoroutine = byGoroutineOf(times);
  const waits = goroutines
    .flatMap((goroutine) => byGoroutine.get(goroutine) ?? [])
    .filter(({ endedBy }) => endedBy !== 0)
    .sort((a, b) => b.toUs - b.fromUs - (a.toUs - a.fromUs));
  const all = [...new Set([...goroutines, ...waits.map(({ endedBy }) => endedBy)])];
  const shown = all.slice(0, LANES_MAX);
  const longest = shown
    .flatMap((goroutine) => byGoroutine.get(goroutine) ?? [])
    .sort((a, b) => b.toUs - b.fromUs - (a.toUs - a.fromUs));
  const bars = byGoroutineOf(longest.slice(0, BARS_MAX));
  const lanes = shown.map(
    (goroutine): Lane => ({
      key: String(goroutine),
      title: `Goroutine ${goroutine}`,
      note: noteOf(goroutine, goroutines, byGoroutine.has(goroutine)),
      bars: (bars.get(goroutine) ?? []).map(barOf),
    }),
  );
  const wakes = waits
    .map(
      (wait): Wake => ({
        atUs: wait.toUs,
        waker: shown.indexOf(wait.endedBy),
        woken: shown.indexOf(wait.goroutine),
        label: `ended by goroutine ${wait.endedBy}`,
        waitedNs: (wait.toUs - wait.fromUs) * 1000,
      }),
    )
    .filter(({ waker, woken }) => waker >= 0 && woken >= 0 && waker !== woken)
    .slice(0, BARS_MAX);
  return { lanes, wakes, left: all.length - shown.length, barsLeft: Math.max(0, longest.length - BARS_MAX) };
}

function byGoroutineOf(times: readonly TracedTime[]): Map<number, TracedTime[]> {
  const by = new Map<number, TracedTime[]>();
  for (const time of times) {
    const known = by.get(time.goroutine);
    if (known) known.push(time);
    else by.set(time.goroutine, [time]);
  }
  return by;
}

function noteOf(goroutine: number, own: readonly number[], isThere: boolean): string {
  if (!isThere) return 'not in the trace then';
  return own.includes(goroutine) ? '' : 'not of this span';
}

function barOf({ fromUs, toUs, use, reason, place }: TracedTime): LaneBar {
  const why = reason === '' || reason === useLabel(use) ? '' : `, in Go's words ${reason}`;
  const label = `${use === 'cpu' ? 'running' : useLabel(use)}${place === '' ? '' : ` in ${place}`}${why}`;
  return { fromUs, toUs, use, label, isChosen: false };
}
