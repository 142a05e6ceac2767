/**
 * Names of the attributes of calls of gRPC. Owns names only. Those of the RPC conventions are stable since semantic conventions 1.45.
 * Source: https://github.com/open-telemetry/semantic-conventions/tree/v1.45.0/docs/rpc
 */

export const RPC_SYSTEM_NAME = 'rpc.system.name';
export const RPC_METHOD = 'rpc.method';
export const RPC_METHOD_ORIGINAL = 'rpc.method_original';
export const RPC_STATUS_CODE = 'rpc.status_code';
/** Ours: `client`, `server` or `bidi`, of what there may be more than one message; absent of a unary call. */
export const GOIDSPAN_RPC_STREAMING = 'goidspan.rpc.streaming';
/** Ours, as HTTP has it: how many times the call was sent again. */
export const GOIDSPAN_RPC_RESEND_COUNT = 'goidspan.rpc.resend_count';
