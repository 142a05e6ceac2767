/** From a fact to the processors: the same way for spans that happen now and for those of a recording. */
import type { SpanFact } from '../correlate/fact.ts';
import type { SpanSink } from '../export/span-sink.ts';
import type { FrameSink } from '../recording/recorder.ts';
import { type SpanSource, toSpan } from '../span/to-span.ts';
import type { Counters } from './counters.ts';

/** What the pipeline needs of a target. */
export interface SpanTarget {
  readonly source: SpanSource;
  /** Counted up for each of its spans. */
  spans: number;
}

export interface SpanPipelineOptions {
  readonly processors: readonly SpanSink[];
  readonly counters: Counters;
  readonly targetOf: (targetId: number) => SpanTarget | undefined;
  /** Told the type names that were needed. */
  readonly recorder?: FrameSink | undefined;
}

/** Type names that were recorded, at once; the rest are recorded again. */
const RECORDED_NAMES_MAX = 4_096;

export class SpanPipeline {
  readonly #options: SpanPipelineOptions;
  readonly #recordedNames = new Set<string>();

  constructor(options: SpanPipelineOptions) {
    this.#options = options;
  }

  /** Makes the span and hands it over; a span of no known target is counted. */
  emit(fact: SpanFact): void {
    const { processors, counters, targetOf } = this.#options;
    const target = targetOf(fact.targetId);
    if (target === undefined) {
      counters.lose('target_unknown');
      return;
    }
    target.spans++;
    counters[fact.role]++;
    const span = toSpan(fact, target.source);
    this.#recordTypeName(fact, target.source);
    for (const processor of processors) {
      try {
        processor.onEnd(span);
      } catch {
        counters.lose('processor_threw');
      }
    }
  }

  #recordTypeName({ targetId, http: { errorTypeAddr: address } }: SpanFact, source: SpanSource): void {
    const { recorder } = this.#options;
    const key = `${targetId} ${address}`;
    if (!recorder || address === 0 || this.#recordedNames.has(key)) return;
    if (this.#recordedNames.size >= RECORDED_NAMES_MAX) this.#recordedNames.clear();
    this.#recordedNames.add(key);
    recorder.write({ kind: 'type_name', targetId, address, name: source.errorTypeName(address) ?? null });
  }
}
