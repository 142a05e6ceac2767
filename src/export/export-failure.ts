/** Why an export failed: whether to try again, what to count, and what to tell the user. Pure. */
import {
  type FailureKind,
  kindOfGrpcStatus,
  kindOfHttpStatus,
  kindOfSystemCode,
  NOT_GRPC,
  NOT_TLS,
  OTHER,
  TIMEOUT,
  TLS,
} from './failure-kinds.ts';

/** One failure. `reason` is the name of its loss counter. */
export interface ExportFailure extends FailureKind {
  readonly cause: string;
}

/** A failure of this kind; the kind's own cause counts, else `text` in one line. */
export function failureOf(kind: FailureKind, text: string): ExportFailure {
  return { ...kind, cause: kind.cause ?? oneLine(text) };
}

/** A status of gRPC other than 0, with its message. */
export function grpcFailure(status: number, message: string, hasRetryInfo: boolean): ExportFailure {
  return failureOf(kindOfGrpcStatus(status, hasRetryInfo), message || `answered gRPC status ${status}`);
}

/** A status of HTTP other than success, with what the body or the status line says. */
export function httpFailure(status: number, message: string): ExportFailure {
  return failureOf(kindOfHttpStatus(status), `answered ${status} ${message}`);
}

/** What an exporter of OpenTelemetry JS may hand over as an error. */
interface ExporterError {
  readonly code?: string | number;
  readonly message?: string;
  readonly details?: string;
  readonly cause?: unknown;
  readonly metadata?: { get(key: string): readonly (string | Buffer)[] };
}

/** Classifies the error of a socket, or of any OTLP exporter (gRPC or HTTP). */
export function classifyFailure(thrown: unknown): ExportFailure {
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as ExporterError;
  // Node cancels a waiting stream because of the error that ended its session.
  if (error.code === 'ERR_HTTP2_STREAM_CANCEL' && error.cause) return classifyFailure(error.cause);
  const text = error.details || error.message || String(error.code ?? thrown);
  return classify(error, text);
}

const MAX_CAUSE_LENGTH = 200;

/** Text of a peer as one line of bounded length, without control characters. */
export function oneLine(text: string): string {
  return text
    .slice(0, 4 * MAX_CAUSE_LENGTH)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, MAX_CAUSE_LENGTH);
}

function classify(error: ExporterError, text: string): ExportFailure {
  const { code } = error;
  if (/wrong version number|packet length too long/.test(text)) return failureOf(NOT_TLS, text);
  if (typeof code === 'string') return failureOf(kindOfSystemCode(code) ?? OTHER, text);
  // grpc-js names the system's error only in its text.
  const inText = kindOfSystemCode(/\b(E[A-Z]{4,}|EAI_AGAIN)\b/.exec(text)?.[1] ?? '');
  if (inText) return failureOf(inText, text);
  if (typeof code === 'number' && code >= 100) return httpFailure(code, text);
  if (typeof code === 'number') return classifyGrpc(code, error, text);
  if (text === 'Request timed out') return failureOf(TIMEOUT, text);
  if (text === 'Export failed with retryable status') {
    return failureOf({ ...kindOfHttpStatus(503), cause: 'answered 429 or 50x' }, text);
  }
  return failureOf(OTHER, text);
}

function classifyGrpc(status: number, error: ExporterError, text: string): ExportFailure {
  if (/protocol error/i.test(text)) return failureOf(NOT_GRPC, text);
  if (/SSL routines|certificate/i.test(text)) return failureOf(TLS, text);
  const details = error.metadata?.get('grpc-status-details-bin')[0];
  return grpcFailure(status, text, details?.includes('google.rpc.RetryInfo') ?? false);
}
