import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { NO_LIMITS } from '../../src/otlp/limits.ts';
import { TraceRequestBuilder } from '../../src/otlp/trace-request.ts';
import { toSpan } from '../../src/span/to-span.ts';
import { type HostRun, runHost } from '../bpf/host.ts';
import { BOOT_UNIX_SECONDS, makeSource } from '../span/fact.ts';
import { decodeRequest, readableSpansOf, spansOf } from '../support/otlp-proto.ts';

const source = makeSource({ errorTypeName: () => '*pgconn.PgError' });
const statement = 'insert_into_orders_values_(4711)';

it('a call of database/sql is the same from the program in the kernel to the bytes of OTLP, with and without a ReadableSpan', () => {
  const [run] = runHost(`run 1
1000000000 sql begin g7 exec statement=${statement} span=a
1000000100 sql wait g7
1000000300 sql got g7
1500000000 sql fail g7 sqlstate=23505 database=shop socket=1
`) as [HostRun];
  const [fact] = run.spans;
  if (fact === undefined) throw new Error('the host gave no span');
  const [byFact, bySpan] = [new TraceRequestBuilder(NO_LIMITS), new TraceRequestBuilder(NO_LIMITS)];
  byFact.addFact(fact, source);
  bySpan.addSpan(toSpan(fact, source));
  const { bytes } = byFact.take();
  expect(decodeRequest(bytes)).toEqual(decodeRequest(bySpan.take().bytes));
  expect(spansOf(bytes)).toHaveLength(1);
  const [span] = readableSpansOf(bytes);
  expect(span).toMatchObject({
    name: 'shop',
    kind: SpanKind.CLIENT,
    startTime: [BOOT_UNIX_SECONDS + 1, 0],
    endTime: [BOOT_UNIX_SECONDS + 1, 500_000_000],
    status: { code: SpanStatusCode.ERROR, message: 'the call returned an error of type *pgconn.PgError' },
  });
  expect(span?.attributes).toEqual({
    'db.system.name': 'postgresql',
    'db.namespace': 'shop',
    'db.query.text': 'insert_into_orders_values_(?)',
    'db.response.status_code': '23505',
    'server.address': '127.0.0.1',
    'server.port': 8080,
    'network.peer.address': '127.0.0.1',
    'network.peer.port': 8080,
    'db.client.connection.wait_time': 2e-7,
    'error.type': '23505',
    'goidspan.goid': 7,
    'thread.id': 1007,
  });
});
