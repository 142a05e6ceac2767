/** The texts of a span record, each by its number in its family. One serves all records, one after the other. */
import type { Batch } from '../wire/batch.ts';
import { textStartAt } from '../wire/fields.ts';
import { TextCache } from '../wire/text-cache.ts';
import { type EvSpanEnd, SPAN_TEXT_SIZES_AT, textLimit } from '../wire/wire.gen.ts';

const cache = new TextCache();

export class RecordTexts {
  #bytes: Uint8Array = new Uint8Array();
  /** Where each text begins; the next one begins where it ends. */
  readonly #starts = new Uint32Array(textLimit.SPAN_TEXTS_MAX + 1);

  /** From here on texts are those of this record, until its bytes change. */
  begin(record: EvSpanEnd): void {
    const { batch, at } = record;
    if (batch === undefined || at === undefined) this.#begin(record.text, 0, record.textSizes, 0);
    else this.beginAt(batch, at);
  }

  /** Likewise, of the record that begins there. */
  beginAt(batch: Batch, at: number): void {
    this.#begin(batch.u8, textStartAt(batch, at, 0), batch.u16, (at + SPAN_TEXT_SIZES_AT) >>> 1);
  }

  /** At which byte it begins. The one behind the last begins where all texts end. */
  startOf(text: number): number {
    return this.#starts[text] as number;
  }

  /** Undefined if it is empty; bytes that are no UTF-8 become U+FFFD. */
  of(text: number): string | undefined {
    const start = this.startOf(text);
    const size = this.startOf(text + 1) - start;
    return size === 0 ? undefined : cache.of(this.#bytes, start, size);
  }

  #begin(bytes: Uint8Array, textAt: number, sizes: Uint16Array, sizesAt: number): void {
    this.#bytes = bytes;
    const starts = this.#starts;
    let at = textAt;
    for (let text = 0; text < textLimit.SPAN_TEXTS_MAX; text++) {
      starts[text] = at;
      at += sizes[sizesAt + text] ?? 0;
    }
    starts[textLimit.SPAN_TEXTS_MAX] = at;
  }
}
