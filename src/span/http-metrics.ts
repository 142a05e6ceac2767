/**
 * The metrics of the HTTP conventions.
 * Source: https://github.com/open-telemetry/semantic-conventions/tree/v1.45.0/docs/http/http-metrics.md
 */
import * as names from './attribute-names.ts';
import type { CallMetric } from './call-metric.ts';

/** As the conventions advise. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;

const SHARED = [
  names.HTTP_REQUEST_METHOD,
  names.HTTP_RESPONSE_STATUS_CODE,
  names.NETWORK_PROTOCOL_VERSION,
  names.ERROR_TYPE,
] as const;

/** Not by the host that a client has asked for: it may be any text. */
export const SERVER_DURATION: CallMetric = {
  name: 'http.server.request.duration',
  description: 'Duration of HTTP server requests.',
  boundsSeconds: BOUNDS,
  attributes: new Set([...SHARED, names.URL_SCHEME, names.HTTP_ROUTE]),
  routeAttributes: new Set([names.HTTP_REQUEST_METHOD, names.HTTP_ROUTE]),
};

export const CLIENT_DURATION: CallMetric = {
  name: 'http.client.request.duration',
  description: 'Duration of HTTP client requests.',
  boundsSeconds: BOUNDS,
  attributes: new Set([...SHARED, names.SERVER_ADDRESS, names.SERVER_PORT]),
};
