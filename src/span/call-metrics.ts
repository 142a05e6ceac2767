/**
 * The metrics that the conventions have for calls: their names, their buckets, and which of the attributes of a span each has.
 * Source: https://github.com/open-telemetry/semantic-conventions/tree/v1.45.0/docs/http/http-metrics.md, …/db/database-metrics.md
 */
import * as names from './attribute-names.ts';
import * as db from './db-attribute-names.ts';

/** How long calls of a kind took, in seconds. */
export interface CallMetric {
  readonly name: string;
  readonly description: string;
  /** Upper bounds of the buckets, ascending; one more is above the last. */
  readonly boundsSeconds: readonly number[];
  /** The attributes of a span that its calls are told apart by: those of few values. */
  readonly attributes: ReadonlySet<string>;
}

/** As the conventions advise. */
const HTTP_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;
const DB_BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] as const;

const HTTP_ATTRIBUTES = [
  names.HTTP_REQUEST_METHOD,
  names.HTTP_RESPONSE_STATUS_CODE,
  names.NETWORK_PROTOCOL_VERSION,
  names.ERROR_TYPE,
] as const;

/** Not by the host that a client has asked for: it may be any text. */
export const HTTP_SERVER_DURATION: CallMetric = {
  name: 'http.server.request.duration',
  description: 'Duration of HTTP server requests.',
  boundsSeconds: HTTP_BOUNDS,
  attributes: new Set([...HTTP_ATTRIBUTES, names.URL_SCHEME, names.HTTP_ROUTE]),
};

export const HTTP_CLIENT_DURATION: CallMetric = {
  name: 'http.client.request.duration',
  description: 'Duration of HTTP client requests.',
  boundsSeconds: HTTP_BOUNDS,
  attributes: new Set([...HTTP_ATTRIBUTES, names.SERVER_ADDRESS, names.SERVER_PORT]),
};

export const DB_CLIENT_DURATION: CallMetric = {
  name: 'db.client.operation.duration',
  description: 'Duration of database client operations.',
  boundsSeconds: DB_BOUNDS,
  attributes: new Set([
    db.DB_SYSTEM_NAME,
    db.DB_NAMESPACE,
    db.DB_OPERATION_NAME,
    db.DB_COLLECTION_NAME,
    db.DB_QUERY_SUMMARY,
    db.DB_RESPONSE_STATUS_CODE,
    names.ERROR_TYPE,
    names.SERVER_ADDRESS,
    names.SERVER_PORT,
  ]),
};

export const CALL_METRICS: readonly CallMetric[] = [
  HTTP_SERVER_DURATION,
  HTTP_CLIENT_DURATION,
  DB_CLIENT_DURATION,
];

/** By which requests are told apart where it is said what they waited for. */
export const REQUEST_ATTRIBUTES: ReadonlySet<string> = new Set([names.HTTP_REQUEST_METHOD, names.HTTP_ROUTE]);
