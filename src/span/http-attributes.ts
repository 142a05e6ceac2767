/** The attributes of the HTTP conventions, server and client. Stable names only, but for the body size. */
import type { HttpExchange, RecurringExchange } from '../correlate/http-exchange.ts';
import * as names from './attribute-names.ts';
import type { AttributeSink } from './attribute-sink.ts';
import { splitHostPort } from './host-port.ts';
import { OTHER_METHOD } from './http-name.ts';
import { encodePath, fullUrl, redactQuery } from './url.ts';

const DEFAULT_PORT_BY_SCHEME: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** Adds method, status and protocol version: the same for both sides. */
export function addSharedAttributes(sink: AttributeSink, http: RecurringExchange, method: string): void {
  sink.text(names.HTTP_REQUEST_METHOD, method);
  if (method === OTHER_METHOD && http.method !== '') {
    sink.text(names.HTTP_REQUEST_METHOD_ORIGINAL, http.method);
  }
  if (http.statusCode !== undefined) sink.int(names.HTTP_RESPONSE_STATUS_CODE, http.statusCode);
  const version = protocolVersion(http.protocolMajor, http.protocolMinor);
  if (version !== undefined) sink.text(names.NETWORK_PROTOCOL_VERSION, version);
}

/** Adds what a server knows of requests to a route. A Host without a port names none: a proxy may have changed the scheme. */
export function addServerAttributes(
  sink: AttributeSink,
  http: RecurringExchange,
  route: string | undefined,
): void {
  sink.text(names.URL_SCHEME, http.scheme ?? 'http');
  if (route !== undefined) sink.text(names.HTTP_ROUTE, route);
  const server = http.host === undefined ? undefined : splitHostPort(http.host);
  if (server) {
    sink.text(names.SERVER_ADDRESS, server.address);
    if (server.port !== undefined) sink.int(names.SERVER_PORT, server.port);
  }
}

/** Adds what a server knows of the one request. */
export function addVaryingServerAttributes(sink: AttributeSink, http: HttpExchange): void {
  sink.text(names.URL_PATH, sentPath(http));
  if (http.query) sink.text(names.URL_QUERY, redactQuery(http.query));
  const peer = http.peer === undefined ? undefined : splitHostPort(http.peer);
  if (peer) {
    sink.text(names.CLIENT_ADDRESS, peer.address);
    sink.text(names.NETWORK_PEER_ADDRESS, peer.address);
    if (peer.port !== undefined) sink.int(names.NETWORK_PEER_PORT, peer.port);
  }
  if (http.responseBodyBytes !== undefined) {
    sink.int(names.HTTP_RESPONSE_BODY_SIZE, http.responseBodyBytes);
  }
}

/** Adds what a client knows of requests to a server; the port defaults to that of the scheme. */
export function addClientAttributes(sink: AttributeSink, http: RecurringExchange): void {
  const server = http.host ? splitHostPort(http.host) : undefined;
  if (server) {
    const port = server.port ?? DEFAULT_PORT_BY_SCHEME[http.scheme ?? ''];
    sink.text(names.SERVER_ADDRESS, server.address);
    if (port !== undefined) sink.int(names.SERVER_PORT, port);
  }
  if (http.resendCount) sink.int(names.HTTP_REQUEST_RESEND_COUNT, http.resendCount);
}

/** Adds what a client knows of the one request. */
export function addVaryingClientAttributes(sink: AttributeSink, http: HttpExchange): void {
  const { scheme, host, query } = http;
  if (host) sink.text(names.URL_FULL, fullUrl({ scheme, host, path: sentPath(http), query }));
}

/** The conventions want the path as it stands in the request. */
function sentPath({ path, pathIsEscaped }: HttpExchange): string {
  return pathIsEscaped ? path : encodePath(path);
}

/** `1.0`, `1.1`, `2`, `3`; undefined when no response told. */
function protocolVersion(major: number, minor: number): string | undefined {
  if (major === 0) return undefined;
  // Nearly all are one of these, and need not be put together.
  if (major === 1) return minor === 1 ? '1.1' : `1.${minor}`;
  return major === 2 ? '2' : String(major);
}
