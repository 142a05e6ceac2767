/** A span record of the kernel as a fact. */
import { TextCache } from '../wire/text-cache.ts';
import { type EvSpanEnd, spanEnding, spanFlag, spanRole, spanText } from '../wire/wire.gen.ts';
import type { HttpExchange, Ktime, SpanEnding, SpanFact } from './fact.ts';

const endings: Readonly<Record<number, SpanEnding>> = {
  [spanEnding.ENDING_RETURNED]: 'returned',
  [spanEnding.ENDING_PANICKED]: 'panicked',
  [spanEnding.ENDING_HIJACKED]: 'hijacked',
  [spanEnding.ENDING_DISCONNECTED]: 'disconnected',
  [spanEnding.ENDING_GOROUTINE_EXITED]: 'goroutine_exited',
  [spanEnding.ENDING_PROCESS_EXITED]: 'process_exited',
};

/** Names of the strings in the order of `enum span_text`. */
const textNames = ['method', 'scheme', 'host', 'path', 'query', 'peer', 'traceState', 'pattern'] as const;
type Texts = { readonly [Name in (typeof textNames)[number]]: string | undefined };

/** When and how a span that was still open came to its end, if the record itself does not say. */
export interface Unfinished {
  readonly end: Ktime;
  readonly ending: SpanEnding;
}

/** The fact of a finished span; `unfinished` completes one that was still open. */
export function spanFact(record: EvSpanEnd, unfinished?: Unfinished): SpanFact {
  const flags = record.header.flags;
  const text = readTexts(record);
  const isServer = record.role === spanRole.SPAN_SERVER;
  return {
    role: isServer ? 'server' : 'client',
    targetId: record.header.targetId,
    traceId: record.traceId,
    spanId: record.spanId,
    parentSpanId: flags & spanFlag.SPAN_FLAG_PARENT ? record.parentSpanId : undefined,
    parentIsRemote: (flags & spanFlag.SPAN_FLAG_PARENT_REMOTE) !== 0,
    traceFlags: record.traceFlags,
    traceState: wholeTraceState(text.traceState, isCut(record, spanText.TEXT_TRACE_STATE)),
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
    http: exchange(record, text, isServer),
    cut: record.textCut === 0 ? NOTHING_CUT : cutTexts(record),
  };
}

function exchange(record: EvSpanEnd, text: Texts, isServer: boolean): HttpExchange {
  const flags = record.header.flags;
  const succeeded = record.errorTypeAddr === 0;
  return {
    method: text.method ?? 'GET', // net/http takes an empty method for GET
    methodIsUnread: text.method === undefined,
    scheme: isServer ? (flags & spanFlag.SPAN_FLAG_TLS ? 'https' : 'http') : text.scheme,
    host: text.host,
    path: text.path ?? '',
    query: text.query,
    pattern: text.pattern,
    statusCode: flags & spanFlag.SPAN_FLAG_STATUS ? record.status : undefined,
    protocolMajor: Math.floor(record.protocol / 10),
    protocolMinor: record.protocol % 10,
    responseBodyBytes: isServer && record.bodyBytes >= 0 ? record.bodyBytes : undefined,
    peer: text.peer,
    resendCount: !isServer && succeeded && record.resends > 0 ? record.resends : undefined,
    errorTypeAddr: record.errorTypeAddr,
  };
}

const cache = new TextCache();

/** Takes the strings of a record one after the other, in the order of `enum span_text`. */
class TextReader {
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

function readTexts(record: EvSpanEnd): Texts {
  const reader = new TextReader(record);
  // An object literal is made from top to bottom.
  return {
    method: reader.next(),
    scheme: reader.next(),
    host: reader.next(),
    path: reader.next(),
    query: reader.next(),
    peer: reader.next(),
    traceState: reader.next(),
    pattern: reader.next(),
  };
}

const NOTHING_CUT: SpanFact['cut'] = [];

function cutTexts(record: EvSpanEnd): SpanFact['cut'] {
  return textNames.filter((name, index): name is SpanFact['cut'][number] =>
    name === 'scheme' ? false : isCut(record, index),
  );
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
