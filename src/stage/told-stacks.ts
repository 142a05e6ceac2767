/** Hands over where spans were seen in their code, once these are told and it is known what stands there. */
import type { CodePlace } from '../correlate/code-place.ts';
import type { CodeSample } from '../correlate/code-sample.ts';
import type { SpanFact, SpanFactOf, SpanIdWords } from '../correlate/fact.ts';
import type { TakesStacks } from '../export/span-sink.ts';
import { hexOf } from '../span/span-context.ts';
import type { StackSink } from '../span/span-stacks.ts';
import type { CodeNames } from './code-names.ts';
import { type HeldOfSpan, HeldStacks } from './held-stacks.ts';
import type { Stacks } from './stacks.ts';

export interface ToldStacksOptions {
  readonly sinks: readonly StackSink[];
  readonly code: CodeNames;
  readonly stacks: Stacks;
  /** Told of spans of which it was given up. */
  readonly onGivenUp: () => void;
}

export class ToldStacks {
  readonly #options: ToldStacksOptions;
  readonly #held = new HeldStacks();

  constructor(options: ToldStacksOptions) {
    this.#options = options;
  }

  addSample(sample: CodeSample): void {
    this.#held.addSample(sample);
  }

  addWait(wait: SpanFactOf<'wait'>): void {
    this.#held.addWait(wait);
  }

  /** What was seen of a span that has ended, once. */
  take(spanId: SpanIdWords): HeldOfSpan | undefined {
    if (this.#held.wasGivenUp(spanId)) this.#options.onGivenUp();
    return this.#held.take(spanId);
  }

  /** `spanId`: of the span that tells of it, which may be another one. */
  tell(held: HeldOfSpan, { targetId, traceId }: SpanFact, spanId: SpanIdWords): void {
    const { sinks, code, stacks } = this.#options;
    const ids = { traceId: hexOf(traceId), spanId: hexOf(spanId) };
    const isCut = ({ stackId }: CodePlace): boolean => stacks.get(stackId)?.isCut === true;
    code.whenKnown(targetId, held.places, () => {
      const seen = held.seen((place) => code.framesAt(place), isCut);
      for (const sink of sinks) sink.onStacks({ ...ids, seen, left: held.left });
    });
  }
}

/** Of those sinks that take them. */
export const stackSinksOf = (sinks: readonly (object | TakesStacks)[]): StackSink[] =>
  sinks.flatMap((sink) => {
    const { stacks } = sink as Partial<TakesStacks>;
    return typeof stacks?.onStacks === 'function' ? [stacks] : [];
  });
