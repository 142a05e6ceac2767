/** The database conventions: name, error and attributes of a client span. */
import type { RecurringCall } from '../correlate/db-call.ts';
import type { SpanFactOf } from '../correlate/fact.ts';
import * as names from './attribute-names.ts';
import type { AttributeSink } from './attribute-sink.ts';
import type { Convention, Description } from './convention.ts';
import * as db from './db-attribute-names.ts';
import { OPERATION_DURATION } from './db-metrics.ts';
import { systemNames, targetOf, toldOfCall } from './db-told.ts';
import { type HostPort, splitHostPort } from './host-port.ts';
import type { SpanSource } from './span-source.ts';

type DbFact = SpanFactOf<'db'>;
interface RecurringFact {
  readonly body: RecurringCall;
}

interface DbDescription extends Description {
  /** `db.query.text`, if it is to be told. */
  readonly text: string | undefined;
  readonly summary: string | undefined;
  readonly operation: string | undefined;
  readonly collection: string | undefined;
}

export const dbConvention: Convention<DbFact, RecurringFact, DbDescription> = {
  describe({ body }: RecurringFact, { dbStatement = 'sanitized' }: SpanSource): DbDescription {
    const told = toldOfCall(body);
    const { sanitized, summary, operation, collection } = told;
    return {
      name: told.name || targetOf(body) || systemNames[body.system],
      fitsAlike: true,
      text: sanitized && (dbStatement === 'none' ? undefined : dbStatement === 'raw' ? told.raw : sanitized),
      summary,
      operation,
      collection,
    };
  },

  fits: () => true,

  errorType({ body }: RecurringFact): string | undefined {
    return body.statusCode ?? (body.isCanceled ? 'context.Canceled' : undefined);
  },

  metrics: [OPERATION_DURATION],

  metricOf: () => OPERATION_DURATION,

  addRecurring(sink: AttributeSink, { body }: RecurringFact, about: DbDescription): void {
    const { system, namespace, procedure, batchSize = 0, statusCode } = body;
    const { server, peer } = placesOf(body);
    sink.text(db.DB_SYSTEM_NAME, systemNames[system]);
    if (namespace) sink.text(db.DB_NAMESPACE, namespace);
    if (about.text !== undefined) sink.text(db.DB_QUERY_TEXT, about.text);
    if (about.summary !== undefined) sink.text(db.DB_QUERY_SUMMARY, about.summary);
    if (about.operation !== undefined) sink.text(db.DB_OPERATION_NAME, about.operation);
    if (about.collection !== undefined) sink.text(db.DB_COLLECTION_NAME, about.collection);
    if (procedure !== undefined) sink.text(db.DB_STORED_PROCEDURE_NAME, procedure);
    // One alone is no batch.
    if (batchSize > 1) sink.int(db.DB_OPERATION_BATCH_SIZE, batchSize);
    if (statusCode !== undefined) sink.text(db.DB_RESPONSE_STATUS_CODE, statusCode);
    if (server) {
      sink.text(names.SERVER_ADDRESS, server.address);
      if (server.port !== undefined) sink.int(names.SERVER_PORT, server.port);
    }
    if (peer) {
      sink.text(names.NETWORK_PEER_ADDRESS, peer.address);
      if (peer.port !== undefined) sink.int(names.NETWORK_PEER_PORT, peer.port);
    }
  },

  addVarying(sink: AttributeSink, { body: { poolWaitNs, returnedRows } }: DbFact): void {
    if (returnedRows !== undefined) sink.int(db.DB_RESPONSE_RETURNED_ROWS, returnedRows);
    if (poolWaitNs > 0) sink.double(db.DB_CLIENT_CONNECTION_WAIT_TIME, poolWaitNs / 1e9);
  },
};

/** The server as the program knows it, and as the network does. */
function placesOf({ peer, server }: RecurringCall): {
  server?: HostPort | undefined;
  peer?: HostPort | undefined;
} {
  if (peer || server === undefined) return { server: peer, peer };
  if (server.startsWith('/')) return { server: { address: server } };
  const named = splitHostPort(server);
  // Without a port it is a name that only the program's own way to connect understands.
  if (named?.port === undefined) return {};
  return { server: named, peer: isIpAddress(named.address) ? named : undefined };
}

const isIpAddress = (address: string): boolean => /^[\d.]+$|:/.test(address);
