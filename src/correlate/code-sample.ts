/** A record of what a thread did at some moment, as plain data. */
import type { EvSample } from '../wire/wire.gen.ts';
import { type CodePlace, codePlace } from './code-place.ts';
import type { Ktime, SpanIdWords, TraceIdWords } from './fact.ts';
import { type TimeUse, timeUseOf } from './time-spent.ts';

/** It was on a processor. */
export interface CodeSample {
  readonly targetId: number;
  readonly at: Ktime;
  /** Nanoseconds for which it stands. */
  readonly periodNs: number;
  readonly threadId: number;
  /** The goroutine that it ran, or for which its runtime worked; 0: none. */
  readonly goid: number;
  /** The span for which that one works; absent: none. */
  readonly span?: { readonly traceId: TraceIdWords; readonly spanId: SpanIdWords } | undefined;
  /** What the time counts as. */
  readonly use: TimeUse;
  readonly place: CodePlace | undefined;
  /** Names the frames of the kernel; 0: it ran code of the program. */
  readonly kernelStackId: number;
}

export function codeSample(record: EvSample): CodeSample {
  const { header, traceId, spanId } = record;
  return {
    targetId: header.targetId,
    at: record.ktimeNs,
    periodNs: record.periodNs,
    threadId: header.tid,
    goid: record.goid,
    span: spanId[0] === 0 && spanId[1] === 0 ? undefined : { traceId, spanId },
    use: timeUseOf(record.use),
    place: codePlace(header.targetId, record),
    kernelStackId: record.kernelStackId,
  };
}
