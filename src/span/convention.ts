/** What a family has to say of how its spans are told. */
import type { AttributeSink } from './attribute-sink.ts';
import type { CallMetric } from './call-metric.ts';
import type { SpanSource } from './span-source.ts';

/** What a convention makes of a fact once, for its name and for its attributes. */
export interface Description {
  /** The span's name, of low cardinality. */
  readonly name: string;
  /** It is right for all facts with the same recurring part; of others `fits` says it. */
  readonly fitsAlike: boolean;
  /** It has a route that is not told, since its target has too many. */
  readonly lacksRoute?: boolean;
}

/** `Recurring` is the fact without what varies of its body. */
export interface Convention<Fact, Recurring = Fact, About extends Description = Description> {
  describe(fact: Fact, source: SpanSource): About;
  /** Whether the description of a fact with the same recurring part is right for this one as well. */
  fits(about: About, fact: Fact): boolean;
  /** `error.type` if what came back says that it failed, and how. Only the way in which the span ended goes before. */
  errorType(fact: Recurring): string | undefined;
  /** Names of the attributes that are told also beside a span of the program's own SDK about the same operation; absent: none. */
  readonly besideSdk?: ReadonlySet<string>;
  /** By what calls are counted, if they are. */
  readonly metrics: readonly CallMetric[];
  /** Which of these counts calls like this one. */
  metricOf(fact: Recurring): CallMetric | undefined;
  /** Those that facts with the same recurring part and a description that fits have in common. */
  addRecurring(sink: AttributeSink, fact: Recurring, about: About): void;
  /** The rest. */
  addVarying(sink: AttributeSink, fact: Fact): void;
}
