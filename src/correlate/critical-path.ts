/**
 * What a span's time went to on the way to its end: where its goroutine waited for one that worked for the span, what that one
 * did meanwhile stands in place of the wait, and so on through all that waited for each other. What is not known stays the
 * wait that it was. The sum does not change.
 */
import { nanosBetween } from '../wire/batch.ts';
import type { Ktime, SpanFact } from './fact.ts';
import type { GoroutineTurns } from './goroutine-turns.ts';

/** How often a path goes from one goroutine to another, and how many stand behind each other; beyond that waits stay waits. */
const STEPS_MAX = 20_000;
const DEPTH_MAX = 64;

/** A span of time in nanoseconds since the span began. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

interface Turn extends Interval {
  readonly use: number;
}

/** A wait that `waker` has ended. */
interface Wait extends Turn {
  readonly waker: number;
}

/** A goroutine on the way. */
interface Party {
  readonly turns: Turn[];
  readonly waits: Wait[];
  /** Who has begun it, and when; a worker begins with each work that is for the span. */
  readonly begun: { readonly at: number; readonly by: number }[];
}

type Span = Pick<SpanFact, 'targetId' | 'goid' | 'start' | 'end' | 'time'>;

export interface CriticalPath {
  /** By the numbers of the uses, as the `ns` of the span's own time. */
  readonly ns: readonly number[];
  /** When the path went through which other goroutine, or those that it waited for. */
  readonly others: ReadonlyMap<number, readonly Interval[]>;
}

/** Undefined if it waited for nobody that worked for it. `turns`: of all who did, in the order in which they were told. */
export function criticalPath(span: Span, turns: readonly GoroutineTurns[]): CriticalPath | undefined {
  if (span.time === undefined) return undefined;
  const path = new Path(span, turns);
  const ns = [...span.time.ns];
  for (const { waker, use, from, to } of path.ownWaits) {
    const spent = ns[use] as number;
    if (spent < to - from) continue;
    ns[use] = spent - (to - from);
    path.follow(waker, from, to, use, ns);
  }
  const isOther = ns.some((spent, use) => spent !== span.time?.ns[use]);
  return isOther ? { ns, others: path.others } : undefined;
}

class Path {
  /** Of the span's goroutine, while it was open. */
  readonly ownWaits: readonly Wait[];
  readonly others = new Map<number, Interval[]>();
  readonly #parties = new Map<number, Party>();
  #steps = 0;
  #depth = 0;

  constructor({ targetId, goid, start, end }: Span, turns: readonly GoroutineTurns[]) {
    for (const each of turns) if (each.targetId === targetId) this.#add(each, start);
    for (const { waits } of this.#parties.values()) waits.sort((a, b) => a.from - b.from);
    const lasted = nanosBetween(start, end);
    const waits = this.#parties.get(goid)?.waits ?? [];
    this.ownWaits = waits.filter(({ from, to }) => from >= 0 && to <= lasted);
  }

  /** Adds to `ns` what a goroutine, and those for which it waited, did from one time to another. */
  follow(goid: number, from: number, to: number, use: number, ns: number[]): void {
    const party = this.#parties.get(goid);
    let at = from;
    this.#depth++;
    const through = this.others.get(goid);
    if (through) through.push({ from, to });
    else this.others.set(goid, [{ from, to }]);
    for (const wait of endingAfter(party?.waits ?? [], at)) {
      if (wait.from >= to) break;
      if (wait.to <= at) continue;
      const begin = Math.max(at, wait.from);
      const end = Math.min(to, wait.to);
      this.#spend(party, at, begin, use, ns);
      if (this.#mayGoOn()) this.follow(wait.waker, begin, end, wait.use, ns);
      else add(ns, wait.use, end - begin);
      at = end;
    }
    this.#spend(party, at, to, use, ns);
    this.#depth--;
  }

  /** … what it did itself; before it began, who has begun it. */
  #spend(party: Party | undefined, from: number, to: number, use: number, ns: number[]): void {
    let at = from;
    for (const turn of endingAfter(party?.turns ?? [], at)) {
      if (turn.from >= to) break;
      if (turn.to <= at) continue;
      if (turn.from > at) {
        this.#fill(party, at, turn.from, use, ns);
        at = turn.from;
      }
      add(ns, turn.use, Math.min(to, turn.to) - at);
      at = Math.min(to, turn.to);
    }
    if (at < to) this.#fill(party, at, to, use, ns);
  }

  /** A time of which nothing was told: before it began, or lost. */
  #fill(party: Party | undefined, from: number, to: number, use: number, ns: number[]): void {
    const begun = party?.begun.find(({ at }) => at > from && at <= to);
    if (begun === undefined || !this.#mayGoOn()) {
      add(ns, use, to - from);
      return;
    }
    this.follow(begun.by, from, begun.at, use, ns);
    add(ns, use, to - begun.at);
  }

  #mayGoOn(): boolean {
    return this.#depth < DEPTH_MAX && this.#steps++ < STEPS_MAX;
  }

  #add({ goid, start, ns, uses, woken }: GoroutineTurns, origin: Ktime): void {
    const { turns } = this.#party(goid);
    let at = nanosBetween(origin, start);
    for (const [index, lasted] of ns.entries()) {
      turns.push({ from: at, to: at + lasted, use: uses[index] as number });
      at += lasted;
    }
    if (woken === undefined) return;
    const party = this.#party(woken.goid);
    const from = nanosBetween(origin, woken.since);
    if (woken.wait === undefined) party.begun.push({ at: from, by: goid });
    else party.waits.push({ waker: goid, from, to: from + woken.wait.ns, use: woken.wait.use });
  }

  #party(goid: number): Party {
    let party = this.#parties.get(goid);
    if (party === undefined) {
      party = { turns: [], waits: [], begun: [] };
      this.#parties.set(goid, party);
    }
    return party;
  }
}

/** Those of a list in the order of their ends that end after that time. */
function* endingAfter<T extends Interval>(list: readonly T[], at: number): Generator<T> {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] as T).to <= at) low = middle + 1;
    else high = middle;
  }
  for (; low < list.length; low++) yield list[low] as T;
}

function add(ns: number[], use: number, spent: number): void {
  ns[use] = (ns[use] as number) + spent;
}
