/**
 * The metrics of the RPC conventions.
 * Source: https://github.com/open-telemetry/semantic-conventions/tree/v1.45.0/docs/rpc/rpc-metrics.md
 */
import * as names from './attribute-names.ts';
import type { CallMetric } from './call-metric.ts';
import * as rpc from './grpc-attribute-names.ts';

/** As the conventions advise. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;

const SHARED = [rpc.RPC_SYSTEM_NAME, rpc.RPC_METHOD, rpc.RPC_STATUS_CODE, names.ERROR_TYPE] as const;

export const GRPC_SERVER_DURATION: CallMetric = {
  name: 'rpc.server.call.duration',
  description: 'Duration of inbound remote procedure calls.',
  boundsSeconds: BOUNDS,
  attributes: new Set(SHARED),
  routeAttributes: new Set([rpc.RPC_METHOD]),
};

export const GRPC_CLIENT_DURATION: CallMetric = {
  name: 'rpc.client.call.duration',
  description: 'Duration of outbound remote procedure calls.',
  boundsSeconds: BOUNDS,
  attributes: new Set([...SHARED, names.SERVER_ADDRESS, names.SERVER_PORT]),
};
