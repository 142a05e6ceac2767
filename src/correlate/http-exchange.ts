/** What a span record says of an HTTP exchange. */
import { type EvSpanEnd, httpFlag, httpText, spanKind } from '../wire/wire.gen.ts';
import { addressText } from './address-text.ts';
import type { BodyReader } from './body-reader.ts';
import type { RecordTexts } from './record-texts.ts';

/** What exchanges have in common that say the same to different paths and peers. A string that is absent was not readable or not sent. */
export interface RecurringExchange {
  /** `GET` where it was empty, which is what `net/http` takes it for, or not readable. */
  readonly method: string;
  /** There was no method in the record; a server request always has one. */
  readonly methodIsUnread?: boolean | undefined;
  /** Client spans: from the URL. Server spans: `https` if the connection is TLS. */
  readonly scheme?: string | undefined;
  /** Server: the Host header. Client: the URL's host, with port if it names one. */
  readonly host?: string | undefined;
  /** The path is as it was sent, since Go would have encoded it in another way (`url.URL.RawPath`). */
  readonly pathIsEscaped?: boolean | undefined;
  /** What its routers have called it, as `HTTP_TEXT_PATTERN` has it: `http.Request.Pattern` (Go ≥ 1.23), e.g. `GET /users/{id}`; behind that a line of each other one (server only). */
  readonly pattern?: string | undefined;
  /** Absent when no response was made. */
  readonly statusCode?: number | undefined;
  readonly protocolMajor: number;
  readonly protocolMinor: number;
  /** Its server has not checked method and host (server only). */
  readonly isUnchecked?: boolean | undefined;
  /** How many times `net/http` sent the request again inside the one call (client only). */
  readonly resendCount?: number | undefined;
}

/** What is known of an HTTP exchange. */
export interface HttpExchange extends RecurringExchange {
  /** As `url.URL.Path`, decoded, or as it was sent. */
  readonly path: string;
  /** Raw query without `?`. */
  readonly query?: string | undefined;
  /** Bytes of the response body that the handler wrote (server only). */
  readonly responseBodyBytes?: number | undefined;
  /** `http.Request.RemoteAddr`, `host:port` (server only). */
  readonly peer?: string | undefined;
}

/** Of a peer that is told as bytes: its address, then its port. */
const PORT_AT = 16;
const PEER_BYTES = 18;

const isServer = (record: EvSpanEnd): boolean => record.spanKind === spanKind.SPAN_KIND_SERVER;

/** Reads the body and the texts of a record of the family http. */
export const httpExchangeReader: BodyReader<RecurringExchange, HttpExchange> = {
  varying: ['body_bytes', 'path', 'query', 'peer'],

  readRecurring(record: EvSpanEnd, texts: RecordTexts): RecurringExchange {
    const { flags } = record.header;
    const { protocol, resends, status } = record.http;
    const method = texts.of(httpText.HTTP_TEXT_METHOD);
    const serverScheme = flags & httpFlag.HTTP_FLAG_TLS ? 'https' : 'http';
    const succeeded = record.errorTypeAddr === 0;
    return {
      method: method ?? 'GET', // net/http takes an empty method for GET
      methodIsUnread: method === undefined,
      scheme: isServer(record) ? serverScheme : texts.of(httpText.HTTP_TEXT_SCHEME),
      host: texts.of(httpText.HTTP_TEXT_HOST),
      pathIsEscaped: (flags & httpFlag.HTTP_FLAG_ESCAPED_PATH) !== 0,
      pattern: texts.of(httpText.HTTP_TEXT_PATTERN),
      statusCode: flags & httpFlag.HTTP_FLAG_STATUS ? status : undefined,
      protocolMajor: Math.floor(protocol / 10),
      protocolMinor: protocol % 10,
      isUnchecked: (flags & httpFlag.HTTP_FLAG_UNCHECKED) !== 0,
      resendCount: !isServer(record) && succeeded && resends > 0 ? resends : undefined,
    };
  },

  readBody(recurring: RecurringExchange, record: EvSpanEnd, texts: RecordTexts): HttpExchange {
    const { bodyBytes } = record.http;
    // A spread would take twice the time.
    return {
      method: recurring.method,
      methodIsUnread: recurring.methodIsUnread,
      scheme: recurring.scheme,
      host: recurring.host,
      path: texts.of(httpText.HTTP_TEXT_PATH) ?? '',
      pathIsEscaped: recurring.pathIsEscaped,
      query: texts.of(httpText.HTTP_TEXT_QUERY),
      pattern: recurring.pattern,
      statusCode: recurring.statusCode,
      protocolMajor: recurring.protocolMajor,
      protocolMinor: recurring.protocolMinor,
      responseBodyBytes: isServer(record) && bodyBytes >= 0 ? bodyBytes : undefined,
      peer: peerOf(texts.of(httpText.HTTP_TEXT_PEER), record.header.flags),
      isUnchecked: recurring.isUnchecked,
      resendCount: recurring.resendCount,
    };
  },
};

/** `host:port`, as Go writes it. */
function peerOf(text: string | undefined, flags: number): string | undefined {
  if (text === undefined || !(flags & httpFlag.HTTP_FLAG_PEER_HEX)) return text;
  const bytes = Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
  if (bytes.length !== PEER_BYTES) return undefined;
  const address = addressText(bytes.subarray(0, PORT_AT));
  const port = ((bytes[PORT_AT] as number) << 8) | (bytes[PORT_AT + 1] as number);
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}
