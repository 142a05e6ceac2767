/** The conventions of gRPC: name, error and attributes of a server or client span. */
import type { SpanFactOf } from '../correlate/fact.ts';
import type { RecurringGrpcCall } from '../correlate/grpc-call.ts';
import * as names from './attribute-names.ts';
import type { AttributeSink } from './attribute-sink.ts';
import type { Convention } from './convention.ts';
import * as rpc from './grpc-attribute-names.ts';
import { GRPC_CLIENT_DURATION, GRPC_SERVER_DURATION } from './grpc-metrics.ts';
import { isErrorCode, nameOfStatus } from './grpc-status.ts';
import { serverOfTarget } from './grpc-target.ts';

type GrpcFact = SpanFactOf<'grpc'>;
type RecurringFact = Pick<GrpcFact, 'spanKind'> & { readonly body: RecurringGrpcCall };

const SYSTEM = 'grpc';
/** Instead of a method that the server does not have, which may be any text. */
const OTHER_METHOD = '_OTHER';

/** `package.Service/Method`, as the conventions want it. */
export const methodName = (method: string): string => (method.startsWith('/') ? method.slice(1) : method);

export const grpcConvention: Convention<GrpcFact, RecurringFact> = {
  describe: ({ body: { method, methodIsUnknown } }: RecurringFact) => ({
    name: method === undefined || methodIsUnknown ? SYSTEM : methodName(method),
    fitsAlike: true,
  }),

  fits: () => true,

  errorType({ spanKind, body: { code } }: RecurringFact): string | undefined {
    return code !== undefined && isErrorCode(code, spanKind === 'client') ? nameOfStatus(code) : undefined;
  },

  besideSdk: new Set([
    rpc.RPC_SYSTEM_NAME,
    rpc.RPC_METHOD,
    names.NETWORK_PEER_ADDRESS,
    names.NETWORK_PEER_PORT,
  ]),

  metrics: [GRPC_SERVER_DURATION, GRPC_CLIENT_DURATION],

  metricOf: ({ spanKind }: RecurringFact) =>
    spanKind === 'server' ? GRPC_SERVER_DURATION : GRPC_CLIENT_DURATION,

  addRecurring(sink: AttributeSink, { body }: RecurringFact): void {
    const { method, methodIsUnknown, target, code, streaming, resendCount } = body;
    sink.text(rpc.RPC_SYSTEM_NAME, SYSTEM);
    if (method !== undefined) {
      sink.text(rpc.RPC_METHOD, methodIsUnknown ? OTHER_METHOD : methodName(method));
      if (methodIsUnknown) sink.text(rpc.RPC_METHOD_ORIGINAL, methodName(method));
    }
    if (code !== undefined) sink.text(rpc.RPC_STATUS_CODE, nameOfStatus(code));
    const server = target === undefined ? undefined : serverOfTarget(target);
    if (server) {
      sink.text(names.SERVER_ADDRESS, server.address);
      if (server.port !== undefined) sink.int(names.SERVER_PORT, server.port);
    }
    if (streaming !== undefined) sink.text(rpc.GOIDSPAN_RPC_STREAMING, streaming);
    if (resendCount !== undefined) sink.int(rpc.GOIDSPAN_RPC_RESEND_COUNT, resendCount);
  },

  addVarying(sink: AttributeSink, { spanKind, body: { peer } }: GrpcFact): void {
    if (!peer) return;
    if (spanKind === 'server') sink.text(names.CLIENT_ADDRESS, peer.address);
    sink.text(names.NETWORK_PEER_ADDRESS, peer.address);
    sink.int(names.NETWORK_PEER_PORT, peer.port);
  },
};
