/** What a family says of its spans when a request is judged that has made them, or was one. */
import type { PoolUse } from '../correlate/db-call.ts';
import type { SpanFactOf, SpanFamily } from '../correlate/fact.ts';
import type { CallEvidence } from './evidence.ts';

export interface CallTelling<Family extends SpanFamily> {
  /** For whom a call waits. */
  readonly kind: CallEvidence['kind'];
  /** As a person would call it in a sentence. */
  readonly nameOf: (fact: SpanFactOf<Family>) => string;
  /** By what requests of the family are like others, if they are requests. */
  readonly routeOf?: (fact: SpanFactOf<Family>) => string;
  /** Its path, by which they are, too, where the program has told no route; undefined if it tells nothing. */
  readonly pathOf?: (fact: SpanFactOf<Family>) => string | undefined;
  /** Nanoseconds until the call had a connection. */
  readonly poolNs: (fact: SpanFactOf<Family>) => number;
  /** How full the pool was, where the call has waited for it and that is known. */
  readonly poolOf?: (fact: SpanFactOf<Family>) => PoolUse | undefined;
}
