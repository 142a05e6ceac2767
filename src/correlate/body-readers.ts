/** What reads the body of a span of each family. A family that is in `wire.h` and not here does not compile. */
import type { EvSpanEnd, SpanFamily } from '../wire/wire.gen.ts';
import { dbCallReader } from './db-call.ts';
import { httpExchangeReader } from './http-exchange.ts';
import type { RecordTexts } from './record-texts.ts';

/** The record and the texts are views that nothing may be kept of. */
export interface BodyReader<Recurring extends object, Body extends Recurring> {
  /** Fields of the body and texts that differ among spans that say the same otherwise, by their names in `wire.h`. */
  readonly varying: readonly string[];
  /**
   * Reads what recurs: of what varies, of ids, times and flags that all families have it must not ask, since it is used
   * again for records that differ in these.
   */
  readRecurring(record: EvSpanEnd, texts: RecordTexts): Recurring;
  /** Reads what varies; the whole body. */
  readBody(recurring: Recurring, record: EvSpanEnd, texts: RecordTexts): Body;
}

export const bodyReaders = { http: httpExchangeReader, db: dbCallReader } satisfies Record<
  SpanFamily,
  // biome-ignore lint/suspicious/noExplicitAny: what recurs of each is its own affair
  BodyReader<any, any>
>;

/** What each family knows of a span. */
export type Bodies = { [Family in SpanFamily]: ReturnType<(typeof bodyReaders)[Family]['readBody']> };
