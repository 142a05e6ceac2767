/** The attributes of the HTTP conventions, server and client. Stable names only, but for the body size. */
import type { Attributes } from '@opentelemetry/api';
import type { HttpExchange } from '../correlate/fact.ts';
import * as names from './attribute-names.ts';
import { splitHostPort } from './host-port.ts';
import { OTHER_METHOD } from './http-name.ts';
import { fullUrl, redactQuery } from './url.ts';

const DEFAULT_PORT_BY_SCHEME: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** Adds method, status and protocol version: the same for both sides. */
export function addSharedAttributes(attributes: Attributes, http: HttpExchange, method: string): void {
  attributes[names.HTTP_REQUEST_METHOD] = method;
  if (method === OTHER_METHOD && http.method !== '') {
    attributes[names.HTTP_REQUEST_METHOD_ORIGINAL] = http.method;
  }
  if (http.statusCode !== undefined) attributes[names.HTTP_RESPONSE_STATUS_CODE] = http.statusCode;
  const version = protocolVersion(http.protocolMajor, http.protocolMinor);
  if (version !== undefined) attributes[names.NETWORK_PROTOCOL_VERSION] = version;
}

/** Adds what a server knows of a request. A Host without a port names none: a proxy may have changed the scheme. */
export function addServerAttributes(
  attributes: Attributes,
  http: HttpExchange,
  route: string | undefined,
): void {
  attributes[names.URL_SCHEME] = http.scheme ?? 'http';
  attributes[names.URL_PATH] = http.path;
  if (http.query) attributes[names.URL_QUERY] = redactQuery(http.query);
  if (route !== undefined) attributes[names.HTTP_ROUTE] = route;
  const server = http.host === undefined ? undefined : splitHostPort(http.host);
  if (server) {
    attributes[names.SERVER_ADDRESS] = server.address;
    if (server.port !== undefined) attributes[names.SERVER_PORT] = server.port;
  }
  const peer = http.peer === undefined ? undefined : splitHostPort(http.peer);
  if (peer) {
    attributes[names.CLIENT_ADDRESS] = peer.address;
    attributes[names.NETWORK_PEER_ADDRESS] = peer.address;
    if (peer.port !== undefined) attributes[names.NETWORK_PEER_PORT] = peer.port;
  }
  if (http.responseBodyBytes !== undefined) {
    attributes[names.HTTP_RESPONSE_BODY_SIZE] = http.responseBodyBytes;
  }
}

/** Adds what a client knows of a request; the port defaults to that of the scheme. */
export function addClientAttributes(attributes: Attributes, http: HttpExchange): void {
  if (http.host) {
    attributes[names.URL_FULL] = fullUrl({
      scheme: http.scheme,
      host: http.host,
      path: http.path,
      query: http.query,
    });
    const server = splitHostPort(http.host);
    const port = server?.port ?? DEFAULT_PORT_BY_SCHEME[http.scheme ?? ''];
    if (server) attributes[names.SERVER_ADDRESS] = server.address;
    if (server && port !== undefined) attributes[names.SERVER_PORT] = port;
  }
  if (http.resendCount) attributes[names.HTTP_REQUEST_RESEND_COUNT] = http.resendCount;
}

/** `1.0`, `1.1`, `2`, `3`; undefined when no response told. */
function protocolVersion(major: number, minor: number): string | undefined {
  if (major === 0) return undefined;
  return major === 1 ? `1.${minor}` : String(major);
}
