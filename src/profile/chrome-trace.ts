/**
 * What was seen of processes, moment by moment, for Perfetto and chrome://tracing: a track for each goroutine, with its spans,
 * its waits in them, and where it was on a processor.
 * Format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU (Trace Event Format)
 */
import type { CodeFrame } from '../correlate/code-place.ts';
import type { CodeEvent, CodeEvents } from './code-events.ts';
import type { KnownSpan } from './known-spans.ts';
import { isWanted, type ProfileOptions, stackOf, wantedEvents } from './profile-of.ts';

/** `X` has a duration, `i` is a moment, `M` names a process or a track. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: 'X' | 'i' | 'M';
  readonly pid: number;
  /** The goroutine. */
  readonly tid: number;
  readonly cat?: string;
  /** Microseconds since the origin, to the nanosecond. */
  readonly ts?: number;
  readonly dur?: number;
  /** Of a moment: it is of its track. */
  readonly s?: 't';
  readonly args?: Readonly<Record<string, string | number>>;
}

/** Threads that run no goroutine have this track: 0 would be that of an idle processor. */
const NO_GOROUTINE = 2 ** 31 - 1;

/** When it begins, in nanoseconds of the time line of the events, and what there is. */
interface Traced {
  readonly originNs: number;
  readonly events: readonly TraceEvent[];
}

/** The file, in pieces. */
export function* chromeTrace(seen: CodeEvents, options: ProfileOptions): Generator<string> {
  const { originNs, events } = traceEvents(seen, options);
  yield `{"displayTimeUnit":"ns","otherData":${JSON.stringify(about(seen, originNs))},"traceEvents":[`;
  let separator = '\n';
  for (const event of events) {
    yield `${separator}${JSON.stringify(event)}`;
    separator = ',\n';
  }
  yield '\n]}\n';
}

function about({ start }: CodeEvents, originNs: number): Record<string, string> {
  if (start === undefined) return {};
  const ns = BigInt(start.unix[0]) * 1_000_000_000n + BigInt(start.unix[1] + originNs);
  return { 'start (Unix)': `${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, '0')}` };
}

/** What begins earlier comes first, and of what begins at once the longer. */
export function traceEvents(seen: CodeEvents, { processes, window, filter = {} }: ProfileOptions): Traced {
  const pidOf = (targetId: number): number => processes.get(targetId)?.pid ?? 0;
  const spans = [...seen.spans.all()].filter((span) => isWanted(span, filter, seen.spans));
  const wanted = [...wantedEvents(seen, filter, window)];
  const originNs = [...spans, ...wanted].reduce((first, { fromNs }) => Math.min(first, fromNs), 0);
  const timed = [
    ...spans.map((span) => spanEvent(span, pidOf(span.targetId), originNs)),
    ...wanted.map((event) => seenEvent(event, pidOf(event.targetId), originNs, seen)),
  ].sort((a, b) => (a.ts ?? 0) - (b.ts ?? 0) || (b.dur ?? 0) - (a.dur ?? 0));
  return { originNs, events: [...names(timed, processes), ...timed] };
}

function* names(timed: readonly TraceEvent[], processes: ProfileOptions['processes']): Generator<TraceEvent> {
  for (const { pid, serviceName } of processes.values())
    yield { name: 'process_name', ph: 'M', pid, tid: pid, args: { name: serviceName } };
  const tracks = new Map(timed.map(({ pid, tid }) => [`${pid} ${tid}`, { pid, tid }]));
  for (const { pid, tid } of tracks.values()) {
    const name = tid === NO_GOROUTINE ? 'no goroutine' : `goroutine ${tid}`;
    yield { name: 'thread_name', ph: 'M', pid, tid, args: { name } };
  }
}

const track = (goid: number): number => (goid === 0 ? NO_GOROUTINE : goid);
const micros = (ns: number): number => ns / 1e3;

const spanEvent = (
  { name, goid, fromNs, toNs, traceId, spanId }: KnownSpan,
  pid: number,
  originNs: number,
): TraceEvent => ({
  name,
  cat: 'span',
  ph: 'X',
  pid,
  tid: track(goid),
  ts: micros(fromNs - originNs),
  dur: micros(toNs - fromNs),
  args: { trace_id: traceId, span_id: spanId },
});

function seenEvent(event: CodeEvent, pid: number, originNs: number, { spans }: CodeEvents): TraceEvent {
  const { goid, fromNs, use, span, code } = event;
  const stack = stackOf(code);
  const route = span && spans.routeOf(span.spanId);
  const shared = {
    pid,
    tid: track(goid),
    ts: micros(fromNs - originNs),
    args: {
      ...(stack.length > 0 && { stack: stack.map(lineOf).join('\n') }),
      ...(span && { trace_id: span.traceId, span_id: span.spanId }),
      ...(route !== undefined && { route }),
    },
  };
  if (event.kind === 'wait') {
    return { name: `wait ${use}`, cat: 'wait', ph: 'X', dur: micros(event.toNs - fromNs), ...shared };
  }
  return {
    name: stack[0]?.function ?? use,
    cat: 'sample',
    ph: 'i',
    s: 't',
    ...shared,
    args: { ...shared.args, state: use },
  };
}

const lineOf = ({ function: name, file, line }: CodeFrame): string =>
  file === '' ? name : `${name} (${file}${line === 0 ? '' : `:${line}`})`;
