/** What happened on the connection of a span, as attributes: the conventions have names for none of it. */
import { connectionAge, connectionLimit, type SpanConnection } from '../wire/wire.gen.ts';
import * as names from './attribute-names.ts';
import type { AttributeSink } from './attribute-sink.ts';

const states: Readonly<Record<number, string>> = {
  [connectionAge.CONNECTION_NEW]: 'new',
  [connectionAge.CONNECTION_REUSED]: 'reused',
};

export function addConnectionAttributes(sink: AttributeSink, connection: SpanConnection): void {
  const { age, dnsUs, connectUs, tlsUs, rttUs, retransmits, sent, received } = connection;
  const state = states[age];
  if (state !== undefined) sink.text(names.GOIDSPAN_CONNECTION_STATE, state);
  addKnown(sink, names.GOIDSPAN_CONNECTION_DNS_US, dnsUs);
  addKnown(sink, names.GOIDSPAN_CONNECTION_CONNECT_US, connectUs);
  addKnown(sink, names.GOIDSPAN_CONNECTION_TLS_US, tlsUs);
  if (rttUs !== 0) sink.int(names.GOIDSPAN_CONNECTION_RTT_US, rttUs);
  if (retransmits !== 0) addKnown(sink, names.GOIDSPAN_CONNECTION_RETRANSMITS, retransmits);
  addKnown(sink, names.GOIDSPAN_CONNECTION_SENT_BYTES, sent);
  addKnown(sink, names.GOIDSPAN_CONNECTION_RECEIVED_BYTES, received);
}

function addKnown(sink: AttributeSink, name: string, value: number): void {
  if (value !== connectionLimit.CONNECTION_UNKNOWN) sink.int(name, value);
}
