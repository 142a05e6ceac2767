/**
 * The kinds of failure of the exporters, and the one table from the codes of sockets, gRPC and HTTP to them. Pure.
 * `reason` is the name of the loss counter; a kind without `cause` takes that from what was said.
 */
import { remedyOf } from '../errors.ts';

/** Whether to try again, what to count, and what to tell the user. */
export interface FailureKind {
  readonly reason: string;
  readonly isRetryable: boolean;
  readonly cause?: string;
  readonly remedy: string;
}

const REFUSED: FailureKind = {
  reason: 'connection_refused',
  isRetryable: true,
  cause: 'connection refused',
  remedy: 'is a collector listening there? set OTEL_EXPORTER_OTLP_ENDPOINT',
};
const UNKNOWN_HOST: FailureKind = {
  reason: 'unknown_host',
  isRetryable: true,
  cause: 'unknown host',
  remedy: 'check the name in OTEL_EXPORTER_OTLP_ENDPOINT',
};
const UNREACHABLE: FailureKind = {
  reason: 'unreachable',
  isRetryable: true,
  remedy: 'is the collector up? check OTEL_EXPORTER_OTLP_ENDPOINT',
};
export const CONNECTION_LOST: FailureKind = { ...UNREACHABLE, cause: 'connection reset' };
const OTHER_PROTOCOL: FailureKind = {
  reason: 'other_protocol',
  isRetryable: false,
  remedy: 'another protocol is spoken there; set OTEL_EXPORTER_OTLP_PROTOCOL to grpc or http/protobuf',
};
const UNAUTHORIZED: FailureKind = {
  reason: 'unauthorized',
  isRetryable: false,
  remedy: 'check OTEL_EXPORTER_OTLP_HEADERS',
};
const NOT_FOUND: FailureKind = {
  reason: 'not_found',
  isRetryable: false,
  remedy: 'check the path in OTEL_EXPORTER_OTLP_ENDPOINT, and that the collector has an OTLP trace receiver',
};
const REDIRECTED: FailureKind = {
  reason: 'redirected',
  isRetryable: false,
  remedy: 'redirects are not followed; set OTEL_EXPORTER_OTLP_ENDPOINT to the final address',
};
const BUSY: FailureKind = {
  reason: 'busy',
  isRetryable: true,
  remedy: 'the collector is overloaded or restarting',
};
const NO_FILES: FailureKind = {
  reason: 'too_many_open_files',
  isRetryable: true,
  cause: 'too many open files',
  remedy: remedyOf('EMFILE', ''),
};
const REJECTED: FailureKind = { reason: 'rejected', isRetryable: false, remedy: "see the collector's log" };
const WRITE_FAILED: FailureKind = {
  reason: 'write_failed',
  isRetryable: false,
  remedy: 'free some space, or choose another --out',
};

export const TIMEOUT: FailureKind = {
  reason: 'timeout',
  isRetryable: true,
  cause: 'no answer in time',
  remedy:
    'is this an OTLP endpoint, and of this protocol? set OTEL_EXPORTER_OTLP_PROTOCOL to grpc or http/protobuf',
};
export const TLS: FailureKind = {
  reason: 'tls',
  isRetryable: false,
  remedy: 'check OTEL_EXPORTER_OTLP_CERTIFICATE, or begin the endpoint with http:// if it speaks no TLS',
};
export const NOT_TLS: FailureKind = { ...TLS, cause: 'the answer is not TLS' };
export const NOT_GRPC: FailureKind = { ...OTHER_PROTOCOL, cause: 'the answer is not gRPC' };
export const NOT_OTLP: FailureKind = { ...OTHER_PROTOCOL, cause: 'the answer is not OTLP' };
export const TOO_LONG_ANSWER: FailureKind = { ...OTHER_PROTOCOL, cause: 'the answer is too long for OTLP' };
/** The caller wanted no answer any more. */
export const GIVEN_UP: FailureKind = {
  reason: 'given_up',
  isRetryable: true,
  cause: 'given up before the answer came',
  remedy: 'allow more time for the shutdown',
};
export const OTHER: FailureKind = { reason: 'other', isRetryable: false, remedy: "see the collector's log" };

const KIND_BY_SYSTEM_CODE: Readonly<Record<string, FailureKind>> = {
  ECONNREFUSED: REFUSED,
  ENOENT: { ...REFUSED, cause: 'no such socket' },
  EACCES: { ...UNREACHABLE, cause: 'permission denied' },
  ENOTFOUND: UNKNOWN_HOST,
  EAI_AGAIN: UNKNOWN_HOST,
  ECONNRESET: CONNECTION_LOST,
  ECONNABORTED: CONNECTION_LOST,
  EPIPE: CONNECTION_LOST,
  EHOSTUNREACH: { ...UNREACHABLE, cause: 'host unreachable' },
  ENETUNREACH: { ...UNREACHABLE, cause: 'network unreachable' },
  ETIMEDOUT: TIMEOUT,
  EPROTO: TLS,
  ERR_SSL_WRONG_VERSION_NUMBER: NOT_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NOT_TLS,
  // The framing of HTTP/2 is broken: https://nodejs.org/api/errors.html#err_http2_error
  ERR_HTTP2_ERROR: NOT_GRPC,
  // The peer left (GOAWAY) with an error, or took its connection away under a request.
  ERR_HTTP2_SESSION_ERROR: CONNECTION_LOST,
  ERR_HTTP2_GOAWAY_SESSION: CONNECTION_LOST,
  ERR_HTTP2_INVALID_SESSION: CONNECTION_LOST,
  ERR_HTTP2_STREAM_CANCEL: CONNECTION_LOST,
  EMFILE: NO_FILES,
  ENFILE: { ...NO_FILES, remedy: remedyOf('ENFILE', '') },
  ENOSPC: WRITE_FAILED,
  EDQUOT: WRITE_FAILED,
  EFBIG: WRITE_FAILED,
  EIO: WRITE_FAILED,
};

/** The kind of an error of the system or of Node, by its `code`; undefined for a code that says nothing. */
export function kindOfSystemCode(code: string): FailureKind | undefined {
  const known = Object.hasOwn(KIND_BY_SYSTEM_CODE, code) ? KIND_BY_SYSTEM_CODE[code] : undefined;
  if (known) return known;
  if (code.startsWith('HPE_')) return { ...OTHER_PROTOCOL, cause: 'the answer is not HTTP/1' };
  return /CERT|TLS|SSL|SIGNATURE/.test(code) ? TLS : undefined;
}

/** Retryable codes are exactly those of OTLP/gRPC: https://opentelemetry.io/docs/specs/otlp/#failures */
const KIND_BY_GRPC_STATUS: Readonly<Record<number, FailureKind>> = {
  1: BUSY,
  4: TIMEOUT,
  7: UNAUTHORIZED,
  8: { ...BUSY, isRetryable: false },
  10: BUSY,
  11: BUSY,
  12: NOT_FOUND,
  14: BUSY,
  15: BUSY,
  16: UNAUTHORIZED,
};

/** RESOURCE_EXHAUSTED (8) may be retried only if the server says when. */
export function kindOfGrpcStatus(status: number, hasRetryInfo: boolean): FailureKind {
  return status === 8 && hasRetryInfo ? BUSY : (KIND_BY_GRPC_STATUS[status] ?? REJECTED);
}

/** Retryable ones are those of OTLP/HTTP: https://opentelemetry.io/docs/specs/otlp/#failures-1 */
export function kindOfHttpStatus(status: number): FailureKind {
  if ([429, 502, 503, 504].includes(status)) return BUSY;
  if (status === 401 || status === 403) return UNAUTHORIZED;
  if (status === 404 || status === 405) return NOT_FOUND;
  return status >= 300 && status < 400 ? REDIRECTED : REJECTED;
}
