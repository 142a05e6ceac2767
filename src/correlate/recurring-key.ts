/**
 * What spans say again and again, as words: their record without ids and times, and without the fields and texts that its
 * family says vary. Records of the same words say the same but for these.
 */
import type { Batch } from '../wire/batch.ts';
import {
  evKind,
  headerAt,
  SPAN_BODY_AT,
  SPAN_SAID_AT,
  SPAN_TEXT_SIZES_AT,
  spanBodyBytes,
  spanFlag,
  textLimit,
  wireLayout,
} from '../wire/wire.gen.ts';
import { WORDS_MAX } from '../wire/word-cache.ts';
import type { RecordTexts } from './record-texts.ts';

/** Of every span; the text is that of its context. */
const VARYING = ['trace_flags', 'depth', 'ending', 'trace_state'];
const OWN_FLAGS =
  spanFlag.SPAN_FLAG_PARENT |
  spanFlag.SPAN_FLAG_PARENT_REMOTE |
  spanFlag.SPAN_FLAG_LINK |
  spanFlag.SPAN_FLAG_SDK_PARENT |
  spanFlag.SPAN_FLAG_CONNECTION;

/** What recurs in the records of a family. */
export interface KeyParts {
  /** For each word from `SPAN_SAID_AT` to the end of the body, the bits that recur. */
  readonly masks: Uint32Array;
  /** The texts that do: each from the first to before the second. */
  readonly texts: readonly (readonly [number, number])[];
}

/**
 * All but what `varying` names: fields of its body and texts, as `wire.h` has them.
 * @throws {TypeError} for a name that is none.
 */
export function recurringBut(family: number, varying: readonly string[]): KeyParts {
  const known = wireLayout.families[family];
  const places = { ...wireLayout.records[evKind.EV_SPAN_END]?.fields, ...known?.fields };
  const names = known?.texts ?? [];
  const masks = new Uint32Array((SPAN_BODY_AT + (spanBodyBytes[family] ?? 0) - SPAN_SAID_AT) >>> 2).fill(~0);
  const bytes = new Uint8Array(masks.buffer);
  const texts: [number, number][] = [];
  for (const name of [...VARYING, ...varying]) {
    const text = names.indexOf(name);
    const place = text === -1 ? places[name] : ([SPAN_TEXT_SIZES_AT + 2 * text, 2] as const);
    if (place === undefined) throw new TypeError(`${name} is neither a field nor a text of a span`);
    const from = place[0] - SPAN_SAID_AT;
    bytes.fill(0, from, from + place[1]);
  }
  for (let text = 0; text < textLimit.SPAN_TEXTS_MAX; text++) {
    const name = names[text];
    const last = texts.at(-1);
    if (name === undefined || [...VARYING, ...varying].includes(name)) continue;
    if (last?.[1] === text) last[1] = text + 1;
    else texts.push([text, text + 1]);
  }
  return { masks, texts };
}

/** The words of one record at a time. */
export class RecurringKey {
  readonly words = new Uint32Array(WORDS_MAX);
  readonly #bytes = new Uint8Array(this.words.buffer);

  /** Gathers them from the record that begins there, whose texts these are, and returns how many there are; 0 if they are too many. */
  gather(batch: Batch, at: number, record: RecordTexts, { masks, texts }: KeyParts): number {
    const size = batch.u32[(at + headerAt.size) >>> 2] as number;
    if (size - SPAN_SAID_AT > 4 * (WORDS_MAX - 1)) return 0;
    const { words } = this;
    const first = (at + SPAN_SAID_AT) >>> 2;
    let to = masks.length;
    for (let index = 0; index < to; index++) {
      words[index] = (batch.u32[first + index] as number) & (masks[index] as number);
    }
    words[to++] = (batch.u16[(at + headerAt.flags) >>> 1] as number) & ~OWN_FLAGS;
    to *= 4;
    for (let index = 0; index < texts.length; index++) {
      const [first, end] = texts[index] as KeyParts['texts'][number];
      to = this.#append(batch, record.startOf(first), record.startOf(end), to);
    }
    for (; to % 4 !== 0; to++) this.#bytes[to] = 0;
    return to / 4;
  }

  /** Appends bytes at `to` and returns where they end; by words it may copy some more, which are written over. */
  #append({ u8, u32 }: Batch, from: number, end: number, to: number): number {
    if (((from | to) & 3) === 0) {
      const { words } = this;
      const offset = (to - from) >> 2;
      for (let word = from >>> 2; word << 2 < end; word++) words[word + offset] = u32[word] as number;
    } else {
      const bytes = this.#bytes;
      const offset = to - from;
      for (let at = from; at < end; at++) bytes[at + offset] = u8[at] as number;
    }
    return to + end - from;
  }
}
