/** A method of gRPC beside the export of spans: what whoever else answers on the port of the receiver is asked by. */

/** https://github.com/grpc/grpc/blob/v1.76.0/doc/statuscodes.md */
export const grpcStatus = {
  ok: 0,
  invalidArgument: 3,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  unavailable: 14,
  unauthenticated: 16,
} as const;

export interface GrpcFailure {
  readonly code: number;
  readonly message: string;
  readonly retryAfterMs?: number;
}

/** Why a call is refused, as its status says. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** By the path of its calls, `/package.Service/Method`. */
export type GrpcMethods = ReadonlyMap<string, GrpcMethod>;

/**
 * The messages of the answer, one of a unary call. `request` is the message that has come, not packed and at most 16 MiB. No more is
 * asked for once the caller has gone.
 * @throws {GrpcError} Whose status is told; of any other error `UNAVAILABLE`.
 */
export type GrpcMethod = (request: Uint8Array) => AsyncIterable<Uint8Array>;
