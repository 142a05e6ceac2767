/** What was seen of the code as a profile: which part of it, and by what its samples are told apart. Pure. */
import type { CodeFrame } from '../correlate/code-place.ts';
import type { TimeUse } from '../correlate/time-spent.ts';
import type { CodeEvent, CodeEvents, SampleEvent, WaitEvent } from './code-events.ts';
import type { KnownSpans, SeenSpan } from './known-spans.ts';
import { type Labels, Profile, type ProfileFrame, type ProfileInfo, type ValueType } from './profile.ts';

/** Values of each sample: time on a processor, looks at it, time of waiting. */
export const VALUES = [
  { type: 'cpu', unit: 'nanoseconds' },
  { type: 'samples', unit: 'count' },
  { type: 'wait', unit: 'nanoseconds' },
] as const satisfies readonly ValueType[];

/** The number of each in {@link VALUES}. */
export const VALUE_NUMBERS = { cpu: 0, samples: 1, wait: 2 } as const satisfies Record<
  (typeof VALUES)[number]['type'],
  number
>;

/** Only what belongs to all that is named. */
export interface ProfileFilter {
  /** `GET /items/{id}`, or without the method. */
  readonly route?: string | undefined;
  /** In hex. */
  readonly traceId?: string | undefined;
  /** Spans within it, in the same process, count as well. */
  readonly spanId?: string | undefined;
}

/** A part of the time line. */
export interface TimeWindow {
  readonly fromNs: number;
  readonly toNs: number;
}

/** A process of which something may have been seen. */
export interface ProfiledProcess {
  readonly pid: number;
  readonly serviceName: string;
}

export interface ProfileOptions {
  readonly processes: ReadonlyMap<number, ProfiledProcess>;
  readonly window?: TimeWindow | undefined;
  readonly filter?: ProfileFilter | undefined;
}

/** Nobody has looked where in its code a goroutine was when the kernel let another thread run: samples say more. */
const UNPLACED: ReadonlySet<TimeUse> = new Set<TimeUse>(['preempted', 'throttled']);

/** A profile, and what is to be known of it. */
export interface MadeProfile {
  readonly profile: Profile;
  readonly samples: number;
  readonly waits: number;
  /** Among them, of which something of the code is known. */
  readonly placed: number;
  /** … and nothing, though it should be. */
  readonly unknown: number;
  /** … of whose stack the outermost frames are missing. */
  readonly cut: number;
}

export function profileOf(
  events: CodeEvents,
  info: Omit<ProfileInfo, 'values'>,
  { processes, window, filter = {} }: ProfileOptions,
): MadeProfile {
  const profile = new Profile({ ...info, values: VALUES }, Number.POSITIVE_INFINITY);
  const labelsOf = (event: CodeEvent, state: string): Labels => ({
    state,
    ...(event.goid !== 0 && { goid: event.goid }),
    ...(event.span && spanLabels(event.span, events.spans)),
    ...(processes.size > 1 && { service: processes.get(event.targetId)?.serviceName ?? '' }),
  });
  const counts = { samples: 0, waits: 0, placed: 0, unknown: 0, cut: 0 };
  for (const event of wantedEvents(events, filter, window)) {
    counts[event.kind === 'sample' ? 'samples' : 'waits']++;
    const stack = stackOf(event.code);
    if (stack.length > 0) counts.placed++;
    else if (!UNPLACED.has(event.use)) counts.unknown++;
    if (event.code.isCut) counts.cut++;
    const shown = stack.length === 0 ? [unknown(event)] : stack;
    if (event.kind === 'sample') profile.add(shown, [event.periodNs, 1, 0], labelsOf(event, event.use));
    else
      for (const { state, ns } of statesOf(event, window))
        profile.add(shown, [0, 0, ns], labelsOf(event, state));
  }
  return { profile, ...counts };
}

/** In place of code that is not known, such as that of C. */
const unknown = ({ use }: CodeEvent): ProfileFrame => ({
  function: UNPLACED.has(use) ? `[${use}]` : '[unknown]',
  file: '',
  line: 0,
  isInlined: false,
});

/** What belongs to all that is named. */
export function* wantedEvents(
  events: CodeEvents,
  filter: ProfileFilter,
  window: TimeWindow | undefined,
): Generator<CodeEvent> {
  for (const event of events.all)
    if (isWanted(event.span, filter, events.spans) && isWithin(event, window)) yield event;
}

/** Innermost first: what the kernel did, then where in the program that was. */
export function stackOf({ frames, kernelFrames }: CodeEvent['code']): readonly CodeFrame[] {
  return kernelFrames.length === 0 ? frames : [...kernelFrames, ...frames];
}

function spanLabels({ traceId, spanId }: SeenSpan, spans: KnownSpans): Labels {
  const route = spans.routeOf(spanId);
  return { trace_id: traceId, span_id: spanId, ...(route !== undefined && { route }) };
}

/** Does a span belong to all that is named, or what was seen in it? */
export function isWanted(
  span: SeenSpan | undefined,
  { route, traceId, spanId }: ProfileFilter,
  spans: KnownSpans,
): boolean {
  if (traceId !== undefined && span?.traceId !== traceId) return false;
  if (spanId !== undefined && !isIn(span, spanId, spans)) return false;
  return route === undefined || (span !== undefined && isRoute(spans.routeOf(span.spanId), route));
}

function isIn(span: SeenSpan | undefined, spanId: string, spans: KnownSpans): boolean {
  if (span === undefined || span.spanId === spanId) return span !== undefined;
  for (const around of spans.around(span.spanId))
    if (around.spanId === spanId || around.parentId === spanId) return true;
  return false;
}

const isRoute = (route: string | undefined, wanted: string): boolean =>
  route === wanted || route?.slice(route.indexOf(' ') + 1) === wanted;

function isWithin(event: CodeEvent, window: TimeWindow | undefined): boolean {
  if (window === undefined) return true;
  const toNs = event.kind === 'wait' ? event.toNs : event.fromNs;
  return event.fromNs < window.toNs && toNs >= window.fromNs;
}

/** What the time of a wait counts as, as far as it lies in the window. */
function statesOf(event: WaitEvent, window: TimeWindow | undefined): { state: string; ns: number }[] {
  const wokenNs = event.toNs - event.readyNs;
  const within = (fromNs: number, toNs: number): number =>
    Math.max(0, Math.min(toNs, window?.toNs ?? toNs) - Math.max(fromNs, window?.fromNs ?? fromNs));
  return [
    { state: event.use, ns: within(event.fromNs, wokenNs) },
    { state: 'runnable', ns: within(wokenNs, event.toNs) },
  ].filter(({ ns }) => ns > 0);
}

/** How often a processor was looked at, in nanoseconds; undefined if no sample says. */
export const periodOf = (events: CodeEvents): number | undefined =>
  events.all.find((event): event is SampleEvent => event.kind === 'sample')?.periodNs;
