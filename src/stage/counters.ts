/** What is counted from the record on: spans, losses, the drain. */
import type { BadRecord } from '../wire/decode.ts';
import { type SpanKindName, spanKindNames } from '../wire/wire.gen.ts';
import { DrainMeter } from './drain-meter.ts';

/** Spans by their kind. */
export type SpanCounts = Record<SpanKindName, number>;

export const noSpans = (): SpanCounts =>
  Object.fromEntries(Object.values(spanKindNames).map((kind) => [kind, 0])) as SpanCounts;

/** What can get lost after the kernel has handed a record over. */
export type UserLoss =
  | BadRecord
  /** A span of a target that is not known any more. */
  | 'target_unknown'
  /** A span that makes no sense: see `live-check.ts`. */
  | 'implausible'
  /** Not a span, but its breakdown: more time was charged than it lasted. */
  | 'time_inconsistent'
  /** Not a span, but its route: its target has too many different ones. */
  | 'too_many_routes'
  /** A wait, because the span never came in which it was. */
  | 'wait_without_span'
  /** What a goroutine has done for a span, because that never came or there was no room: its critical path lacks it. */
  | 'turns_without_span'
  /** Not a span, but where it was seen in its code: too much was seen in too many spans that were open. */
  | 'stacks_given_up'
  /** A span that waited until its root would end, in vain: it may have been one to keep. */
  | 'keep_undecided'
  /** A span processor threw. */
  | 'processor_threw'
  /** A span was still open when tracing stopped. */
  | 'open_at_detach'
  /** Open spans could not be read from the kernel when their process ended. */
  | 'open_unreadable';

export class Losses {
  readonly #lost = new Map<UserLoss, number>();

  lose(reason: UserLoss, count = 1): void {
    if (count > 0) this.#lost.set(reason, (this.#lost.get(reason) ?? 0) + count);
  }

  /** What was lost in user space, by reason. */
  lost(): Record<string, number> {
    return Object.fromEntries(this.#lost);
  }
}

export class Counters extends Losses {
  readonly drain = new DrainMeter();
  readonly spans = noSpans();
  /** Spans, waits not among them, of traces that were not to be kept. */
  notKept = 0;
  /** Calls that send the program's own telemetry. */
  telemetryExports = 0;
}
