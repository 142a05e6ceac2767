/** What reads the body of a span of each family. A family that is in `wire.h` and not here does not compile. */
import type { EvSpanEnd, SpanFamily, TextSource } from '../wire/wire.gen.ts';
import { dbCall } from './db-call.ts';
import { httpExchange } from './http-exchange.ts';

/**
 * Takes the texts of the family one after the other; the record is a view that nothing may be kept of. What it makes is
 * used again for records that are the same in their flags and from `errorTypeAddr` on, so it must not ask for the rest.
 */
export type BodyReader<Body> = (record: EvSpanEnd, texts: TextSource) => Body;

export const bodyReaders = { http: httpExchange, db: dbCall } satisfies Record<
  SpanFamily,
  BodyReader<object>
>;

/** What each family knows of a span. */
export type Bodies = { [Family in SpanFamily]: ReturnType<(typeof bodyReaders)[Family]> };
