/** Spans that were still open, and were ended from outside. */
import { type Batch, batchOf, type Ktime, ktimeNs } from '../wire/batch.ts';
import { fieldAt } from '../wire/fields.ts';
import { numberOfEnding } from './endings.ts';
import type { SpanEnding } from './fact.ts';

/** When and how such a span came to its end, which its record does not say. */
export interface Unfinished {
  readonly end: Ktime;
  readonly ending: SpanEnding;
}

const END_AT = fieldAt('EV_SPAN_END', 'end_ktime_ns');
const ENDING_AT = fieldAt('EV_SPAN_END', 'ending');

/** Its record as if the span had ended so. `bytes` are left as they are. */
export function completed(bytes: ArrayBuffer, { end, ending }: Unfinished): Batch {
  const copy = bytes.slice(0);
  // A record that is too short is damaged, which its reader finds out.
  if (copy.byteLength > ENDING_AT) {
    const view = new DataView(copy);
    view.setBigUint64(END_AT, ktimeNs(end), true);
    view.setUint8(ENDING_AT, numberOfEnding(ending));
  }
  return batchOf(copy);
}
