/**
 * The live check: do the first spans of a target make sense? Offsets and sites come from the binary itself, and this is
 * the proof that they fit what runs. Pure: one instance per target, fed each of its spans.
 */
import type { SpanFact, SpanFamily, SpanKindName } from '../correlate/fact.ts';
import { doubtOf, faultOf } from './plausibility.ts';

/** What to do with a span. */
export interface Verdict {
  /** False: it must not be exported. */
  readonly passes: boolean;
  /** The spans of this kind and family have just failed: their hooks must be detached. Told once. */
  readonly failed?: FamilyFailure;
}

/** Spans of one family and kind stand or fall together. */
export interface FamilyFailure {
  readonly family: SpanFamily;
  readonly spanKind: SpanKindName;
  /** What does not make sense, e.g. `the method "HTTP/1.1" is no token`. */
  readonly why: string;
  /** Spans that did not, and none that did. */
  readonly spans: number;
}

/** So many spans without sense and none with it condemn a family. */
export const FAILURES_MAX = 3;

interface State {
  readonly family: SpanFamily;
  readonly spanKind: SpanKindName;
  isProven: boolean;
  failures: number;
}

const PASSES: Verdict = { passes: true };
const FAILS: Verdict = { passes: false };

export class LiveCheck {
  /** There are few: found faster one by one than by a key that would have to be made. */
  readonly #states: State[] = [];

  judge(fact: SpanFact): Verdict {
    const state = this.#stateOf(fact);
    const why = faultOf(fact) ?? (state.isProven ? undefined : doubtOf(fact));
    if (why === undefined) {
      // What came back after a family has failed was hit before it was detached.
      if (state.failures < FAILURES_MAX) state.isProven = true;
      return state.isProven ? PASSES : FAILS;
    }
    if (state.isProven || state.failures >= FAILURES_MAX) return FAILS;
    state.failures++;
    if (state.failures < FAILURES_MAX) return FAILS;
    const { family, spanKind } = state;
    return { passes: false, failed: { family, spanKind, why, spans: FAILURES_MAX } };
  }

  #stateOf({ family, spanKind }: SpanFact): State {
    for (const state of this.#states) {
      if (state.family === family && state.spanKind === spanKind) return state;
    }
    const state = { family, spanKind, isProven: false, failures: 0 };
    this.#states.push(state);
    return state;
  }
}
