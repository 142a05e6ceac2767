/** What a span record says of an HTTP exchange. */
import { type EvSpanEnd, httpFlag, readHttpTexts, spanKind, type TextSource } from '../wire/wire.gen.ts';

/** What is known of an HTTP exchange. A string that is absent was not readable or not sent. */
export interface HttpExchange {
  /** `GET` where it was empty, which is what `net/http` takes it for, or not readable. */
  readonly method: string;
  /** There was no method in the record; a server request always has one. */
  readonly methodIsUnread?: boolean;
  /** Client spans: from the URL. Server spans: `https` if the connection is TLS. */
  readonly scheme?: string | undefined;
  /** Server: the Host header. Client: the URL's host, with port if it names one. */
  readonly host?: string | undefined;
  /** As `url.URL.Path`, decoded, or as it was sent. */
  readonly path: string;
  /** The path is as it was sent, since Go would have encoded it in another way (`url.URL.RawPath`). */
  readonly pathIsEscaped?: boolean;
  /** Raw query without `?`. */
  readonly query?: string | undefined;
  /** `http.Request.Pattern` as registered, e.g. `GET /users/{id}` (Go ≥ 1.23, server only). */
  readonly pattern?: string | undefined;
  /** Absent when no response was made. */
  readonly statusCode?: number | undefined;
  readonly protocolMajor: number;
  readonly protocolMinor: number;
  /** Bytes of the response body that the handler wrote (server only). */
  readonly responseBodyBytes?: number | undefined;
  /** `http.Request.RemoteAddr`, `host:port` (server only). */
  readonly peer?: string | undefined;
  /** How many times `net/http` sent the request again inside the one call (client only). */
  readonly resendCount?: number | undefined;
}

/** Reads the body and the texts of a record of the family http. */
export function httpExchange(record: EvSpanEnd, texts: TextSource): HttpExchange {
  const { flags } = record.header;
  const { bodyBytes, protocol, resends, status } = record.http;
  const text = readHttpTexts(texts);
  const isServer = record.spanKind === spanKind.SPAN_KIND_SERVER;
  const succeeded = record.errorTypeAddr === 0;
  return {
    method: text.method ?? 'GET', // net/http takes an empty method for GET
    methodIsUnread: text.method === undefined,
    scheme: isServer ? (flags & httpFlag.HTTP_FLAG_TLS ? 'https' : 'http') : text.scheme,
    host: text.host,
    path: text.path ?? '',
    pathIsEscaped: (flags & httpFlag.HTTP_FLAG_ESCAPED_PATH) !== 0,
    query: text.query,
    pattern: text.pattern,
    statusCode: flags & httpFlag.HTTP_FLAG_STATUS ? status : undefined,
    protocolMajor: Math.floor(protocol / 10),
    protocolMinor: protocol % 10,
    responseBodyBytes: isServer && bodyBytes >= 0 ? bodyBytes : undefined,
    peer: text.peer,
    resendCount: !isServer && succeeded && resends > 0 ? resends : undefined,
  };
}
