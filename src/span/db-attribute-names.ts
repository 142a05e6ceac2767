/**
 * Names of the attributes of database calls. Owns names only. They are stable since semantic conventions 1.33; others are marked.
 * Source: https://github.com/open-telemetry/semantic-conventions/tree/v1.45.0/docs/db
 */

export const DB_SYSTEM_NAME = 'db.system.name';
export const DB_NAMESPACE = 'db.namespace';
export const DB_QUERY_TEXT = 'db.query.text';
export const DB_QUERY_SUMMARY = 'db.query.summary';
export const DB_OPERATION_NAME = 'db.operation.name';
export const DB_COLLECTION_NAME = 'db.collection.name';
export const DB_OPERATION_BATCH_SIZE = 'db.operation.batch.size';
export const DB_STORED_PROCEDURE_NAME = 'db.stored_procedure.name';
/** In development. */
export const DB_RESPONSE_RETURNED_ROWS = 'db.response.returned_rows';
export const DB_RESPONSE_STATUS_CODE = 'db.response.status_code';
/** Ours, named as the conventions name the metric: seconds that the call waited for a connection of the pool. */
export const DB_CLIENT_CONNECTION_WAIT_TIME = 'db.client.connection.wait_time';
