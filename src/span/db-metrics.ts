/**
 * The metric of the database conventions.
 * Source: https://github.com/open-telemetry/semantic-conventions/tree/v1.45.0/docs/db/database-metrics.md
 */
import * as names from './attribute-names.ts';
import type { CallMetric } from './call-metric.ts';
import * as db from './db-attribute-names.ts';

export const OPERATION_DURATION: CallMetric = {
  name: 'db.client.operation.duration',
  description: 'Duration of database client operations.',
  boundsSeconds: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
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
