/** A span record of the kernel as a fact. */
import { TextCache } from '../wire/text-cache.ts';
import {
  type EvSpanEnd,
  type HttpTexts,
  httpFlag,
  readHttpTexts,
  spanEnding,
  spanFlag,
  spanKind,
  spanText,
  spanTexts,
} from '../wire/wire.gen.ts';
import type { HttpExchange, Ktime, SpanEnding, SpanFact } from './fact.ts';

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
  const text = readHttpTexts(new TextReader(record));
  const isServer = record.spanKind === spanKind.SPAN_KIND_SERVER;
  return {
    role: isServer ? 'server' : 'client',
    targetId: record.header.targetId,
    traceId: record.traceId,
    spanId: record.spanId,
    parentSpanId: flags & spanFlag.SPAN_FLAG_PARENT ? record.parentSpanId : undefined,
    parentIsRemote: (flags & spanFlag.SPAN_FLAG_PARENT_REMOTE) !== 0,
    traceFlags: record.traceFlags,
    traceState: wholeTraceState(text.traceState, isCut(record, spanText.SPAN_TEXT_TRACE_STATE)),
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

function exchange(record: EvSpanEnd, text: HttpTexts, isServer: boolean): HttpExchange {
  const flags = record.header.flags;
  const body = record.http;
  const succeeded = record.errorTypeAddr === 0;
  return {
    method: text.method ?? 'GET', // net/http takes an empty method for GET
    methodIsUnread: text.method === undefined,
    scheme: isServer ? (flags & httpFlag.HTTP_FLAG_TLS ? 'https' : 'http') : text.scheme,
    host: text.host,
    path: text.path ?? '',
    query: text.query,
    pattern: text.pattern,
    statusCode: flags & httpFlag.HTTP_FLAG_STATUS ? body.status : undefined,
    protocolMajor: Math.floor(body.protocol / 10),
    protocolMinor: body.protocol % 10,
    responseBodyBytes: isServer && body.bodyBytes >= 0 ? body.bodyBytes : undefined,
    peer: text.peer,
    resendCount: !isServer && succeeded && body.resends > 0 ? body.resends : undefined,
    errorTypeAddr: record.errorTypeAddr,
  };
}

const cache = new TextCache();

/** Takes the texts of a record one after the other. */
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

const NOTHING_CUT: SpanFact['cut'] = [];

function cutTexts(record: EvSpanEnd): SpanFact['cut'] {
  const cut = spanTexts.http.filter((name, index): name is SpanFact['cut'][number] =>
    name === 'scheme' ? false : isCut(record, index),
  );
  // What a request itself says comes first.
  const [first, ...others] = cut;
  return first === 'traceState' ? [...others, first] : cut;
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
