/** A span record of the kernel as a fact. */
import {
  type EvSpanEnd,
  familyNames,
  SPAN_SAID_AT,
  spanFlag,
  spanKindNames,
  spanTailBytes,
  spanText,
  spanTexts,
} from '../wire/wire.gen.ts';
import { WordCache } from '../wire/word-cache.ts';
import type { BodyReader } from './body-reader.ts';
import { bodyReaders } from './body-readers.ts';
import { endingOf } from './endings.ts';
import type { SpanFact, SpanFamily, SpanIdWords } from './fact.ts';
import { RecordTexts } from './record-texts.ts';
import { type KeyParts, RecurringKey } from './recurring-key.ts';
import { recurringParts } from './recurring-parts.ts';
import { timeSpent } from './time-spent.ts';

const families: Readonly<Record<number, SpanFamily>> = familyNames;
const kinds: Readonly<Record<number, SpanFact['spanKind']>> = spanKindNames;

/** The fact of a finished span. */
export function spanFact(record: EvSpanEnd): SpanFact {
  const flags = record.header.flags;
  const { family, body, recurring, traceState, cut, isShared } = saidBy(record);
  return {
    kind: 'span',
    spanKind: kinds[record.spanKind] ?? 'client',
    family,
    targetId: record.header.targetId,
    traceId: record.traceId,
    spanId: record.spanId,
    parentSpanId: flags & spanFlag.SPAN_FLAG_PARENT ? record.parentSpanId : undefined,
    parentIsRemote: (flags & spanFlag.SPAN_FLAG_PARENT_REMOTE) !== 0,
    sdk: sdkOf(flags),
    aroundSpanId: aroundOf(record),
    traceFlags: record.traceFlags,
    traceState,
    link:
      flags & spanFlag.SPAN_FLAG_LINK
        ? { traceId: record.linkTraceId, spanId: record.linkSpanId }
        : undefined,
    start: record.startKtimeNs,
    end: record.endKtimeNs,
    goid: record.goid,
    parentGoid: record.parentGoid,
    threadId: record.header.tid,
    ending: endingOf(record.ending),
    errorTypeAddr: record.errorTypeAddr,
    connection: record.connection,
    body,
    isBodyShared: isShared,
    recurring,
    cut,
    time: timeSpent(record),
  } as SpanFact;
}

function sdkOf(flags: number): SpanFact['sdk'] {
  if (!(flags & spanFlag.SPAN_FLAG_SDK_PARENT)) return undefined;
  return flags & spanFlag.SPAN_FLAG_SDK_SAME ? 'same' : 'parent';
}

function aroundOf({ header: { flags }, linkSpanId }: EvSpanEnd): SpanIdWords | undefined {
  const isNamed = flags & spanFlag.SPAN_FLAG_SDK_PARENT && linkSpanId[0] | linkSpanId[1];
  return isNamed ? linkSpanId : undefined;
}

/** What a record says by its body and its texts. */
interface Said extends Pick<SpanFact, 'family' | 'body' | 'recurring' | 'traceState' | 'cut'> {
  /** It was said before and is kept. */
  readonly isShared: boolean;
}

const said = new WordCache<Said>();

function saidBy(record: EvSpanEnd): Said {
  const { batch, at } = record;
  if (batch === undefined || at === undefined) return readSaid(record, false);
  const from = (at + SPAN_SAID_AT) >>> 2;
  const { flags, size } = record.header;
  const to = (at + size - spanTailBytes(flags) + 3) >>> 2;
  const known = said.find(batch.u32, from, to, flags);
  if (known !== undefined) return known;
  const made = readSaid(record, said.isWanted);
  if (said.isWanted) said.keep(batch.u32, from, to, flags, made);
  return made;
}

const texts = new RecordTexts();
const readers: Readonly<Record<SpanFamily, BodyReader<object, object>>> = bodyReaders;

function readSaid(record: EvSpanEnd, isShared: boolean): Said {
  // The decoder lets no record of another family pass.
  const family = families[record.family] as SpanFamily;
  texts.begin(record);
  const { isKept, recurring } = recurringOf(record, family);
  return {
    family,
    traceState: traceStateOf(record),
    body: readers[family].readBody(recurring, record, texts),
    recurring: isKept ? recurring : undefined,
    cut: record.textCut === 0 ? NOTHING_CUT : cutTexts(record, family),
    isShared,
  } as Said;
}

const key = new RecurringKey();
const recurs = new WordCache<object>();

/** What recurs of the body, of records that say the same but for what varies. */
function recurringOf(record: EvSpanEnd, family: SpanFamily): { recurring: object; isKept: boolean } {
  const { batch, at } = record;
  const isWhole = batch !== undefined && at !== undefined;
  const size = isWhole ? key.gather(batch, at, texts, recurringParts[record.family] as KeyParts) : 0;
  const known = size === 0 ? undefined : recurs.find(key.words, 0, size, 0);
  if (known !== undefined) return { recurring: known, isKept: true };
  const recurring = readers[family].readRecurring(record, texts);
  const isKept = size > 0 && recurs.isWanted;
  if (isKept) recurs.keep(key.words, 0, size, 0, recurring);
  return { recurring, isKept };
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
function traceStateOf(record: EvSpanEnd): string | undefined {
  const text = spanText.SPAN_TEXT_TRACE_STATE;
  const traceState = texts.of(text);
  if (traceState === undefined || !isCut(record, text)) return traceState;
  const whole = traceState.slice(0, Math.max(0, traceState.lastIndexOf(',')));
  return whole === '' ? undefined : whole;
}
