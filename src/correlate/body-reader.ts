/** How the body of a span is read: what recurs among the spans of a service, and what varies. */
import type { EvSpanEnd } from '../wire/wire.gen.ts';
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
