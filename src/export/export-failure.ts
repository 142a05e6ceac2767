/** Why an export failed: whether to try again, what to count, and what to tell the user. Pure. */

/** One cause of failure. `reason` is the name of its loss counter. */
export interface ExportFailure {
  readonly reason: string;
  readonly isRetryable: boolean;
  readonly cause: string;
  readonly remedy: string;
}

type Kind = Omit<ExportFailure, 'cause'> & { readonly cause?: string };

const REFUSED: Kind = {
  reason: 'connection_refused',
  isRetryable: true,
  cause: 'connection refused',
  remedy: 'is a collector listening there? set OTEL_EXPORTER_OTLP_ENDPOINT',
};
const UNKNOWN_HOST: Kind = {
  reason: 'unknown_host',
  isRetryable: true,
  cause: 'unknown host',
  remedy: 'check the name in OTEL_EXPORTER_OTLP_ENDPOINT',
};
const UNREACHABLE: Kind = {
  reason: 'unreachable',
  isRetryable: true,
  remedy: 'is the collector up? check OTEL_EXPORTER_OTLP_ENDPOINT',
};
const TIMEOUT: Kind = {
  reason: 'timeout',
  isRetryable: true,
  cause: 'no answer in time',
  remedy:
    'is this an OTLP endpoint, and of this protocol? set OTEL_EXPORTER_OTLP_PROTOCOL to grpc or http/protobuf',
};
const OTHER_PROTOCOL: Kind = {
  reason: 'other_protocol',
  isRetryable: false,
  remedy: 'another protocol is spoken there; set OTEL_EXPORTER_OTLP_PROTOCOL to grpc or http/protobuf',
};
const TLS: Kind = {
  reason: 'tls',
  isRetryable: false,
  remedy: 'check OTEL_EXPORTER_OTLP_CERTIFICATE, or begin the endpoint with http:// if it speaks no TLS',
};
const UNAUTHORIZED: Kind = {
  reason: 'unauthorized',
  isRetryable: false,
  remedy: 'check OTEL_EXPORTER_OTLP_HEADERS',
};
const NOT_FOUND: Kind = {
  reason: 'not_found',
  isRetryable: false,
  remedy: 'check the path in OTEL_EXPORTER_OTLP_ENDPOINT, and that the collector has an OTLP trace receiver',
};
const BUSY: Kind = { reason: 'busy', isRetryable: true, remedy: 'the collector is overloaded or restarting' };
const REJECTED: Kind = {
  reason: 'rejected',
  isRetryable: false,
  remedy: "see the collector's log",
};
const WRITE_FAILED: Kind = {
  reason: 'write_failed',
  isRetryable: false,
  remedy: 'free some space, or choose another --out',
};
const OTHER: Kind = { reason: 'other', isRetryable: false, remedy: "see the collector's log" };

const KIND_BY_SYSTEM_CODE: Readonly<Record<string, Kind>> = {
  ECONNREFUSED: REFUSED,
  ENOTFOUND: UNKNOWN_HOST,
  EAI_AGAIN: UNKNOWN_HOST,
  ECONNRESET: { ...UNREACHABLE, cause: 'connection reset' },
  EPIPE: { ...UNREACHABLE, cause: 'connection reset' },
  EHOSTUNREACH: { ...UNREACHABLE, cause: 'host unreachable' },
  ENETUNREACH: { ...UNREACHABLE, cause: 'network unreachable' },
  ETIMEDOUT: TIMEOUT,
  EPROTO: TLS,
  ENOSPC: WRITE_FAILED,
  EDQUOT: WRITE_FAILED,
  EFBIG: WRITE_FAILED,
  EIO: WRITE_FAILED,
};

/** Retryable codes as OTLP/gRPC lists them: https://opentelemetry.io/docs/specs/otlp/#failures */
const KIND_BY_GRPC_CODE: Readonly<Record<number, Kind>> = {
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

/** What an exporter of OpenTelemetry JS may hand over as an error. */
interface ExporterError {
  readonly code?: string | number;
  readonly message?: string;
  readonly details?: string;
  readonly metadata?: { get(key: string): readonly (string | Buffer)[] };
}

/** Classifies the error of an OTLP exporter (gRPC or HTTP) or of a socket. */
export function classifyFailure(thrown: unknown): ExportFailure {
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as ExporterError;
  const text = error.details || error.message || String(error.code ?? thrown);
  const kind = kindOf(error, text);
  return { ...kind, cause: kind.cause ?? oneLine(text) };
}

const MAX_CAUSE_LENGTH = 200;

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_CAUSE_LENGTH);
}

function kindOf(error: ExporterError, text: string): Kind {
  const { code } = error;
  if (typeof code === 'string') return kindOfSystemCode(code);
  // grpc-js names the system's error only in its text.
  const inText = /\b(E[A-Z]{4,}|EAI_AGAIN)\b/.exec(text)?.[1];
  if (inText !== undefined && KIND_BY_SYSTEM_CODE[inText]) return KIND_BY_SYSTEM_CODE[inText];
  if (typeof code === 'number' && code < 100) return kindOfGrpcCode(code, error, text);
  if (typeof code === 'number') return kindOfHttpStatus(code, text);
  if (text === 'Request timed out') return TIMEOUT;
  if (text === 'Export failed with retryable status') return { ...BUSY, cause: 'answered 429 or 50x' };
  return OTHER;
}

function kindOfSystemCode(code: string): Kind {
  const known = KIND_BY_SYSTEM_CODE[code];
  if (known) return known;
  if (code.startsWith('HPE_')) return { ...OTHER_PROTOCOL, cause: 'the answer is not HTTP/1' };
  return /CERT|TLS|SSL|SIGNATURE/.test(code) ? TLS : OTHER;
}

function kindOfGrpcCode(code: number, error: ExporterError, text: string): Kind {
  if (/protocol error/i.test(text)) return { ...OTHER_PROTOCOL, cause: 'the answer is not gRPC' };
  if (/wrong version number/.test(text)) return { ...TLS, cause: 'the answer is not TLS' };
  if (/SSL routines|certificate/i.test(text)) return TLS;
  const kind = KIND_BY_GRPC_CODE[code] ?? REJECTED;
  return code === 8 && hasRetryInfo(error) ? { ...kind, isRetryable: true } : kind;
}

/** RESOURCE_EXHAUSTED may be retried only if the server says when. */
function hasRetryInfo(error: ExporterError): boolean {
  return error.metadata?.get('grpc-status-details-bin')[0]?.includes('google.rpc.RetryInfo') ?? false;
}

function kindOfHttpStatus(status: number, text: string): Kind {
  const cause = `answered ${status}${text ? ` ${text}` : ''}`;
  if (status === 401 || status === 403) return { ...UNAUTHORIZED, cause };
  if (status === 404 || status === 405) return { ...NOT_FOUND, cause };
  return { ...REJECTED, cause };
}
