/**
 * The semantic conventions of each family: what its spans are called, when they failed, what they say. A family that is in
 * `wire.h` and not here does not compile.
 */
import type { SpanFact, SpanFactOf, SpanFamily } from '../correlate/fact.ts';
import type { CallMetric } from './call-metric.ts';
import type { Convention } from './convention.ts';
import { dbConvention } from './db-convention.ts';
import { grpcConvention } from './grpc-convention.ts';
import { httpConvention } from './http-convention.ts';
import { joinedConvention } from './joined-convention.ts';
import { waitConvention } from './wait-convention.ts';

/** The version of the conventions that all families follow. */
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.45.0';

const conventions = {
  http: httpConvention,
  db: dbConvention,
  grpc: grpcConvention,
  wait: waitConvention,
} satisfies {
  // biome-ignore lint/suspicious/noExplicitAny: what each makes of a fact is its own affair
  [Family in SpanFamily]: Convention<SpanFactOf<Family>, any, any>;
};

/** By what calls of all families are counted. */
export const callMetrics: readonly CallMetric[] = Object.values(conventions).flatMap(
  ({ metrics }) => metrics,
);

const joined = {
  http: joinedConvention(httpConvention),
  db: joinedConvention(dbConvention),
  grpc: joinedConvention(grpcConvention),
  wait: waitConvention,
} satisfies Record<SpanFamily, unknown>;

/** The convention of the fact's family, which takes no other facts. */
export function conventionOf({ family, sdk }: SpanFact): Convention<SpanFact> {
  return (sdk === 'same' ? joined : conventions)[family] as Convention<SpanFact>;
}
