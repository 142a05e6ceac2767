/**
 * A span as lanes: a lane a goroutine, what it did and for what it waited, and who ended its waits. Pure: what is not in the trace
 * (who woke it, from another trace) is handed in.
 */
import { SPAN_HAS_BREAKDOWN, type SpanAnswer } from '../../page-api/answers.ts';
import { ATTRIBUTE, numberOf, placeOf, textOf } from '../attributes.ts';
import { nameText } from '../format.ts';
import { href } from '../router.ts';
import { useLabel } from '../time-uses.ts';
import { endOf, nameOf, serviceOf, startOf, type Tree, useOf } from './tree.ts';

export interface LaneBar {
  readonly fromUs: number;
  readonly toUs: number;
  /** What is waited for; undefined: a span. */
  readonly use?: string | undefined;
  readonly label: string;
  /** Undefined: there is no page of it. */
  readonly to?: string | undefined;
  /** The span or the wait that the page is about. */
  readonly isChosen: boolean;
  /** A span of which it is known where its time went. */
  readonly isTold?: boolean;
}

export interface Lane {
  readonly key: string;
  readonly title: string;
  readonly note: string;
  readonly to?: string | undefined;
  readonly bars: LaneBar[];
}

/** A wait was ended by somebody: from the lane of that one to the lane of who waited. */
export interface Wake {
  readonly atUs: number;
  readonly waker: number;
  readonly woken: number;
  readonly label: string;
  /** The waker's span, or its goroutine; else the wait. Undefined: there is no page of it. */
  readonly to?: string | undefined;
  readonly waitedNs: number;
}

export interface Lanes {
  readonly lanes: readonly Lane[];
  readonly wakes: readonly Wake[];
  /** Goroutines that are not shown. */
  readonly left: number;
}

const LANES_MAX = 12;

/** The span and all below it, itself first. */
export function scopeOf({ children }: Tree, index: number): number[] {
  const scope = [index];
  for (let at = 0; at < scope.length; at++) scope.push(...(children[scope[at] as number] ?? []));
  return scope;
}

/** Goroutines of the same service in which the span and what is below it were, its own first. */
export function goroutinesOf(tree: Tree, index: number): number[] {
  const { trace } = tree;
  const service = serviceOf(trace, index);
  const here = scopeOf(tree, index).filter((at) => serviceOf(trace, at) === service);
  return [...new Set(here.map((at) => trace.goid[at] as number))].filter((goid) => goid > 0);
}

/** Waits of the span's own goroutine, longest first. */
export function ownWaits(tree: Tree, index: number): number[] {
  const { trace } = tree;
  const goid = trace.goid[index];
  return scopeOf(tree, index)
    .filter((at) => nameOf(trace, at).startsWith('wait ') && useOf(trace, at) !== undefined)
    .filter((at) => trace.goid[at] === goid && serviceOf(trace, at) === serviceOf(trace, index))
    .sort((a, b) => (trace.durationNs[b] as number) - (trace.durationNs[a] as number));
}

/** The other span for which the one worked that has ended a wait; undefined also if that is the one that waited. */
export function wakerLink({
  links,
  parentSpanId,
}: SpanAnswer): { traceId: string; spanId: string } | undefined {
  const woken = links.filter(({ attributes }) => textOf(attributes[ATTRIBUTE.linkReason]) === 'woken_by');
  return woken.find(({ spanId }) => spanId !== parentSpanId);
}

/** `chosen`: the span or the wait that the page is about. `others`: spans of wakers by their id. */
export function lanesOf(
  tree: Tree,
  index: number,
  chosen: number,
  details: ReadonlyMap<number, SpanAnswer>,
  others: ReadonlyMap<string, SpanAnswer>,
): Lanes {
  const { trace } = tree;
  const keyOf = (at: number): string => `${serviceOf(trace, at)} ${trace.goid[at]}`;
  const lanes = new Map<string, Lane>();
  const windows: Lane = {
    key: 'gc',
    title: 'Collector',
    note: 'and stopped world',
    to: href(['gc']),
    bars: [],
  };
  const lane = (key: string, title: string, note: string, to?: string): Lane => {
    const known = lanes.get(key) ?? { key, title, note, to, bars: [] };
    lanes.set(key, known);
    return known;
  };
  const goroutine = (at: number): Lane => {
    const goid = trace.goid[at] as number;
    if (goid === 0) return lane(keyOf(at), 'Goroutine not known', serviceOf(trace, at));
    return lane(keyOf(at), `Goroutine ${goid}`, '', href(['goroutine', trace.traceId, goid]));
  };
  goroutine(index);
  const barOf = (at: number): LaneBar => {
    const use = useOf(trace, at);
    const label = use === undefined ? nameText(nameOf(trace, at)) : useLabel(use);
    const to = href(['span', trace.traceId, trace.spanId[at] as string]);
    const isChosen = at === chosen;
    const isTold = ((trace.flags[at] as number) & SPAN_HAS_BREAKDOWN) !== 0;
    return { fromUs: startOf(trace, at), toUs: endOf(trace, at), use, label, to, isChosen, isTold };
  };
  const scope = scopeOf(tree, index);
  const isWindow = (at: number): boolean =>
    trace.kind[at] === 1 && /^gc\.(stw|cycle)$/.test(nameOf(trace, at));
  // Who ended a wait comes before others.
  const ends: { wait: number; key: string; detail: SpanAnswer }[] = [];
  for (const [wait, detail] of details) {
    const waker = wakerOf(tree, index, detail, others);
    if (waker === undefined) continue;
    const { key, title, note, to, bar } = waker;
    const own = lane(key, title, note, to);
    if (bar && !own.bars.some(({ to: known }) => known === bar.to)) own.bars.push(bar);
    ends.push({ wait, key, detail });
  }
  for (const at of scope) {
    if (isWindow(at)) windows.bars.push(barOf(at));
    else goroutine(at).bars.push(barOf(at));
  }
  const all = [...(windows.bars.length > 0 ? [windows] : []), ...lanes.values()];
  const shown = all.slice(0, LANES_MAX);
  const wakes = ends.map(({ wait, key, detail }): Wake => {
    const ready = numberOf(detail.attributes[ATTRIBUTE.runnableNs]) ?? 0;
    const link = wakerLink(detail);
    return {
      atUs: endOf(trace, wait) - ready / 1000,
      waker: shown.findIndex((one) => one.key === key),
      woken: shown.findIndex((one) => one.key === keyOf(wait)),
      label: wakeText(detail, link && others.get(link.spanId)),
      to:
        link === undefined
          ? (lanes.get(key)?.to ?? href(['span', detail.traceId, detail.spanId]))
          : href(['span', link.traceId, link.spanId]),
      waitedNs: detail.durationNs,
    };
  });
  const drawn = wakes.filter(({ waker, woken }) => waker >= 0 && woken >= 0 && waker !== woken);
  return { lanes: shown, wakes: drawn, left: all.length - shown.length };
}

interface Waker extends Omit<Lane, 'bars'> {
  readonly bar?: LaneBar | undefined;
}

function wakerOf(
  { trace }: Tree,
  index: number,
  detail: SpanAnswer,
  others: ReadonlyMap<string, SpanAnswer>,
): Waker | undefined {
  const goid = numberOf(detail.attributes[ATTRIBUTE.waker]);
  const link = wakerLink(detail);
  if (goid === undefined && link === undefined) return undefined;
  const title = goid === undefined ? 'Another goroutine' : `Goroutine ${goid}`;
  if (link && link.traceId !== trace.traceId) {
    const other = others.get(link.spanId);
    const to = href(['span', link.traceId, link.spanId]);
    const bar = other && {
      fromUs: other.startUs,
      toUs: other.startUs + other.durationNs / 1000,
      label: requestText(other),
      to,
      isChosen: false,
    };
    return { key: `other ${link.spanId}`, title, note: 'of another request', to, bar };
  }
  const service = serviceOf(trace, index);
  const isHere = trace.goid.some((one, at) => one === goid && serviceOf(trace, at) === service);
  const to = isHere ? href(['goroutine', trace.traceId, goid as number]) : undefined;
  return { key: `${service} ${goid}`, title, note: isHere ? '' : 'without a span of its own', to };
}

/** `GET /hold/mutex`: a request by its route, or by its path where it has none. */
export function requestText({ name, attributes }: SpanAnswer): string {
  const path = textOf(attributes['url.path']);
  return path === '' || name.includes('/') ? name : `${name} ${path}`;
}

/** Who ended a wait, in words. */
export function wakeText(detail: SpanAnswer, other: SpanAnswer | undefined): string {
  const goid = numberOf(detail.attributes[ATTRIBUTE.waker]);
  const who = goid === undefined ? 'another goroutine' : `goroutine ${goid}`;
  const held = detail.attributes[ATTRIBUTE.holder] === undefined ? '' : ', which had held it';
  return `ended by ${who}${held}${other ? ` (${requestText(other)})` : ''}`;
}

/** `47.9 ms` is said elsewhere: what was waited for, and where in the code. */
export function waitText(detail: SpanAnswer): string {
  const place = placeOf(detail.attributes);
  const use = textOf(detail.attributes[ATTRIBUTE.waitFor]) || detail.name.replace(/^wait /, '');
  return `${useLabel(use)}${place === '' ? '' : ` in ${place}`}`;
}
