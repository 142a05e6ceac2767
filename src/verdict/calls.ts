/** What each family says of its spans; that of waits has none of its own. */
import type { SpanFact, SpanFactOf, SpanFamily } from '../correlate/fact.ts';
import type { Grouping } from '../span/span-source.ts';
import type { CallTelling } from './call.ts';
import { dbCall } from './db-call.ts';
import { grpcCall } from './grpc-call.ts';
import { httpCall } from './http-call.ts';

const calls = {
  http: httpCall,
  db: dbCall,
  grpc: grpcCall,
} satisfies { [Family in Exclude<SpanFamily, 'wait'>]: CallTelling<Family> };

const LENGTH_MAX = 80;

/** A request, or a call. */
export type Call = { [Family in keyof typeof calls]: SpanFactOf<Family> }[keyof typeof calls];

export const isCall = (fact: SpanFact): fact is Call => fact.family in calls;

/** What its family says of a span. */
export function tellingOf(fact: Call): CallTelling<SpanFamily> {
  return calls[fact.family] as CallTelling<SpanFamily>;
}

/** What requests like that one have in common, e.g. `GET /items/{id}`; undefined for what is no request. */
export function groupOf(fact: Call, groups?: Grouping): string | undefined {
  if (fact.spanKind !== 'server') return undefined;
  const { routeOf, pathOf } = tellingOf(fact);
  const route = routeOf?.(fact);
  return route === undefined ? undefined : (groups?.nameOf(fact.targetId, route, pathOf?.(fact)) ?? route);
}

export function nameOfCall(fact: Call): string {
  const name = tellingOf(fact).nameOf(fact);
  return name.length > LENGTH_MAX ? `${name.slice(0, LENGTH_MAX - 1)}…` : name;
}
