/**
 * The status codes of gRPC: their names, and which are errors.
 * Source: https://github.com/grpc/grpc/blob/master/doc/statuscodes.md
 */

/** By number. */
const NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

/** Codes that say that the server has failed, and not that the request was one to be refused. */
const SERVER_ERRORS: ReadonlySet<string> = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
]);

/** A number that is none of them stands for itself. */
export const nameOfStatus = (code: number): string => NAMES[code] ?? String(code);

/** For who has made a call any status but OK is an error. */
export const isErrorCode = (code: number, isClient: boolean): boolean =>
  isClient ? code !== 0 : SERVER_ERRORS.has(nameOfStatus(code));
