/** A span record of the kernel as a fact. */
import { TextCache } from '../wire/text-cache.ts';
import {
  type EvSpanEnd,
  familyNames,
  SPAN_SAID_AT,
  spanEnding,
  spanFlag,
  spanKindNames,
  spanText,
  spanTexts,
  type TextSource,
} from '../wire/wire.gen.ts';
import { WordCache } from '../wire/word-cache.ts';
import { bodyReaders } from './body-readers.ts';
import type { Ktime, SpanEnding, SpanFact, SpanFamily } from './fact.ts';

const families: Readonly<Record<number, SpanFamily>> = familyNames;
const kinds: Readonly<Record<number, SpanFact['spanKind']>> = spanKindNames;
const endings: Readonly<Record<number, SpanEnding>> = {
  [spanEnding.ENDING_RETURNED]: 'returned',
  [spanEnding.ENDING_PANICKED]: 'panicked',
  [spanEnding.ENDING_HIJACKED]: 'hijacked',
  [spanEnding.ENDING_DISCONNECTED]: 'disconnected',
  [spanEnding.ENDING_GOROUTINE_EXITED]: 'goroutine_exited',
  [spanEnding.ENDING_PROCESS_EXITED]: 'process_exited',
};

/** When and how a span that was still open came to its end, if the record itself does not say. */
export interface Unfinished {
  readonly end: Ktime;
  readonly ending: SpanEnding;
}

/** The fact of a finished span; `unfinished` completes one that was still open. */
export function spanFact(record: EvSpanEnd, unfinished?: Unfinished): SpanFact {
  const flags = record.header.flags;
  const { family, body, traceState, cut, isShared } = saidBy(record);
  return {
    kind: 'span',
    spanKind: kinds[record.spanKind] ?? 'client',
    family,
    targetId: record.header.targetId,
    traceId: record.traceId,
    spanId: record.spanId,
    parentSpanId: flags & spanFlag.SPAN_FLAG_PARENT ? record.parentSpanId : undefined,
    parentIsRemote: (flags & spanFlag.SPAN_FLAG_PARENT_REMOTE) !== 0,
    traceFlags: record.traceFlags,
    traceState,
    link:
      flags & spanFlag.SPAN_FLAG_LINK
        ? { traceId: record.linkTraceId, spanId: record.linkSpanId }
        : undefined,
    start: record.startKtimeNs,
    end: unfinished?.end ?? record.endKtimeNs,
    goid: record.goid,
    parentGoid: record.parentGoid,
    threadId: record.header.tid,
    ending: unfinished?.ending ?? endings[record.ending] ?? 'returned',
    errorTypeAddr: record.errorTypeAddr,
    body,
    isBodyShared: isShared,
    cut,
  } as SpanFact;
}

/** What a record says by its body and its texts. */
interface Said extends Pick<SpanFact, 'family' | 'body' | 'traceState' | 'cut'> {
  /** It was said before and is kept. */
  readonly isShared: boolean;
}

const said = new WordCache<Said>();

function saidBy(record: EvSpanEnd): Said {
  const { batch, at } = record;
  if (batch === undefined || at === undefined) return readSaid(record, false);
  const from = (at + SPAN_SAID_AT) >>> 2;
  const to = (at + record.header.size + 3) >>> 2;
  const known = said.find(batch.u32, from, to, record.header.flags);
  if (known !== undefined) return known;
  const made = readSaid(record, said.isWanted);
  if (said.isWanted) said.keep(batch.u32, from, to, record.header.flags, made);
  return made;
}

function readSaid(record: EvSpanEnd, isShared: boolean): Said {
  const texts = new TextReader(record);
  // The decoder lets no record of another family pass.
  const family = families[record.family] as SpanFamily;
  const traceState = texts.next();
  return {
    family,
    traceState: wholeTraceState(traceState, isCut(record, spanText.SPAN_TEXT_TRACE_STATE)),
    body: bodyReaders[family](record, texts),
    cut: record.textCut === 0 ? NOTHING_CUT : cutTexts(record, family),
    isShared,
  } as Said;
}

const cache = new TextCache();

/** Takes the texts of a record one after the other. */
class TextReader implements TextSource {
  readonly #text: Uint8Array;
  readonly #sizes: Uint16Array;
  #index = 0;
  #at = 0;

  constructor({ text, textSizes }: EvSpanEnd) {
    this.#text = text;
    this.#sizes = textSizes;
  }

  /** Undefined if it is empty; bytes that are no UTF-8 become U+FFFD. */
  next(): string | undefined {
    const size = this.#sizes[this.#index++] as number;
    if (size === 0) return undefined;
    const at = this.#at;
    this.#at += size;
    return cache.of(this.#text, at, size);
  }
}

const NOTHING_CUT: readonly string[] = [];

/** What a family itself says comes first. */
function cutTexts(record: EvSpanEnd, family: SpanFamily): string[] {
  const cut: string[] = spanTexts[family].filter((_, index) => isCut(record, index));
  const [first, ...others] = cut;
  return first === spanTexts[family][0] ? [...others, first] : cut;
}

function isCut(record: EvSpanEnd, text: number): boolean {
  return (record.textCut & (1 << text)) !== 0;
}

/** A tracestate that was cut loses its last, partial member. */
function wholeTraceState(traceState: string | undefined, cut: boolean): string | undefined {
  if (!cut || traceState === undefined) return traceState;
  const whole = traceState.slice(0, Math.max(0, traceState.lastIndexOf(',')));
  return whole === '' ? undefined : whole;
}
