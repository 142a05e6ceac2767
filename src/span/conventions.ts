/**
 * The semantic conventions of each family: what its spans are called, when they failed, what they say. A family that is in
 * `wire.h` and not here does not compile.
 */
import type { SpanFact, SpanFactOf, SpanFamily } from '../correlate/fact.ts';
import type { AttributeSink } from './attribute-sink.ts';
import { dbConvention } from './db-convention.ts';
import { httpConvention } from './http-convention.ts';
import type { SpanSource } from './span-source.ts';

/** The version of the conventions that all families follow. */
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.45.0';

/** What a convention makes of a fact once, for its name and for its attributes. */
export interface Description {
  /** The span's name, of low cardinality. */
  readonly name: string;
}

/** `Recurring` is the fact without what varies of its body. */
export interface Convention<Fact, Recurring = Fact, About extends Description = Description> {
  describe(fact: Fact, source: SpanSource): About;
  /** Whether the description of a fact with the same recurring part is right for this one as well. */
  fits(about: About, fact: Fact): boolean;
  /** `error.type` if what came back says that it failed, and how. Only the way in which the span ended goes before. */
  errorType(fact: Recurring): string | undefined;
  /** Those that facts with the same recurring part and a description that fits have in common. */
  addRecurring(sink: AttributeSink, fact: Recurring, about: About): void;
  /** The rest. */
  addVarying(sink: AttributeSink, fact: Fact): void;
}

const conventions = { http: httpConvention, db: dbConvention } satisfies {
  // biome-ignore lint/suspicious/noExplicitAny: what each makes of a fact is its own affair
  [Family in SpanFamily]: Convention<SpanFactOf<Family>, any, any>;
};

/** The convention of the fact's family, which takes no other facts. */
export function conventionOf(fact: SpanFact): Convention<SpanFact> {
  return conventions[fact.family] as Convention<SpanFact>;
}
