/** From a fact to the processors. */
import type { SpanFact } from '../correlate/fact.ts';
import type { FactSink, SpanSink } from '../export/span-sink.ts';
import { aboutSpan, kindNameOf } from '../span/describe-span.ts';
import type { SpanSource } from '../span/span-source.ts';
import { toSpan } from '../span/to-span.ts';
import type { Counters } from './counters.ts';
import type { FamilyFailure, LiveCheck } from './live-check.ts';

/** What the pipeline needs of a target. */
export interface SpanTarget {
  readonly source: SpanSource;
  readonly liveCheck: LiveCheck;
  /** Its `spans` is counted up for each. */
  readonly counts: { spans: number };
}

export interface SpanPipelineOptions {
  readonly processors: readonly (SpanSink | FactSink)[];
  readonly counters: Counters;
  readonly targetOf: (targetId: number) => SpanTarget | undefined;
  /** Told when the first spans of a family of hooks make no sense. */
  readonly onFailure?: (targetId: number, failure: FamilyFailure) => void;
}

const takesFacts = (sink: SpanSink | FactSink): sink is FactSink => 'onFact' in sink;

export class SpanPipeline {
  readonly #options: SpanPipelineOptions;
  /** Those that make their own form of a fact, and those that want a `ReadableSpan`. */
  readonly #factSinks: readonly FactSink[];
  readonly #spanSinks: readonly SpanSink[];

  constructor(options: SpanPipelineOptions) {
    this.#options = options;
    this.#factSinks = options.processors.filter(takesFacts);
    this.#spanSinks = options.processors.filter((sink): sink is SpanSink => !takesFacts(sink));
  }

  /** Makes the span and hands it over; a span of no known target, and one that makes no sense, are counted. */
  emit(fact: SpanFact): void {
    const { counters, targetOf, onFailure } = this.#options;
    const target = targetOf(fact.targetId);
    if (target === undefined) {
      counters.lose('target_unknown');
      return;
    }
    const { passes, failed } = target.liveCheck.judge(fact);
    if (!passes) {
      counters.lose('implausible');
      if (failed) onFailure?.(fact.targetId, failed);
      return;
    }
    const { source } = target;
    if (source.routes?.hasRefused && aboutSpan(fact, source).lacksRoute) counters.lose('too_many_routes');
    target.counts.spans++;
    counters.spans[kindNameOf(fact)]++;
    for (const sink of this.#factSinks) this.#hand(() => sink.onFact(fact, target.source));
    if (this.#spanSinks.length === 0) return;
    const span = toSpan(fact, target.source);
    for (const sink of this.#spanSinks) this.#hand(() => sink.onEnd(span));
  }

  #hand(toSink: () => void): void {
    try {
      toSink();
    } catch {
      this.#options.counters.lose('processor_threw');
    }
  }
}
