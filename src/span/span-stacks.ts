/** Where a span was seen in its code: on a processor, and in waits. Owns the shapes only. */
import type { CodeFrame } from '../correlate/code-place.ts';

/** All that was seen of one goroutine at one place. */
export interface SeenStack {
  /** 0: none. */
  readonly goid: number;
  /** By the names of `TIME_USES`: of a wait what was waited for, of a sample what its time counts as. */
  readonly use: string;
  /** Seen on a processor; else it waited. */
  readonly isSample: boolean;
  /** So many samples, or waits. */
  readonly count: number;
  /** For which the samples stand, or that the waits took. */
  readonly ns: number;
  /** Innermost first, what the kernel did before the rest; empty if nothing is known. */
  readonly frames: readonly CodeFrame[];
  /** There are more frames, further out. */
  readonly isCut: boolean;
}

/** Of a span that is told. */
export interface SpanStacks {
  /** In hex, as the other id. */
  readonly traceId: string;
  readonly spanId: string;
  readonly seen: readonly SeenStack[];
  /** Samples and waits for which there was no room. */
  readonly left: number;
}

/** Takes them. Must not throw. */
export interface StackSink {
  onStacks(stacks: SpanStacks): void;
}
