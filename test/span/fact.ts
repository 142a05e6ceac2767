/** A complete fact for tests: a plain GET on the server, with what a test wants changed. */
import type { DbCall } from '../../src/correlate/db-call.ts';
import { derivedSpanId } from '../../src/correlate/derived-id.ts';
import type { SpanFactOf } from '../../src/correlate/fact.ts';
import type { GcWindow } from '../../src/correlate/gc-window.ts';
import type { GrpcCall } from '../../src/correlate/grpc-call.ts';
import type { HttpExchange } from '../../src/correlate/http-exchange.ts';
import { type Breakdown, type TimeSpent, timeUses } from '../../src/correlate/time-spent.ts';
import type { Wait } from '../../src/correlate/wait-body.ts';
import { windowFact } from '../../src/correlate/window-fact.ts';
import { createResource } from '../../src/span/resource.ts';
import type { SpanSource } from '../../src/span/span-source.ts';
import type { HttpFact } from '../support/http-fact.ts';

/** Kernel time 0 is this Unix second. */
export const BOOT_UNIX_SECONDS = 1_700_000_000;

export function makeFact(more: Partial<HttpFact> = {}, http: Partial<HttpExchange> = {}): HttpFact {
  return {
    kind: 'span',
    spanKind: 'server',
    family: 'http',
    targetId: 1,
    traceId: [0x0af76519, 0x16cd43dd, 0x8448eb21, 0x1c80319c],
    spanId: [0x00f067aa, 0x0ba902b7],
    parentIsRemote: false,
    traceFlags: 1,
    start: [100, 999_999_000],
    end: [102, 500],
    goid: 18,
    parentGoid: 0,
    threadId: 4243,
    ending: 'returned',
    errorTypeAddr: 0,
    cut: [],
    ...more,
    body: { method: 'GET', path: '/', protocolMajor: 1, protocolMinor: 1, ...http },
  };
}

/** Time that went where it is said, and began and ended on processor 1. */
export function timeOf(breakdown: Breakdown, more: Partial<TimeSpent> = {}): TimeSpent {
  const ns = new Array<number>(timeUses.length).fill(0);
  for (const [name, number] of timeUses) ns[number] = breakdown[name] ?? 0;
  return {
    ns,
    allocNs: 0,
    startCpu: 1,
    endCpu: 1,
    startNode: 0,
    endNode: 0,
    migrations: 0,
    uringCompletions: 0,
    queued: 0,
    ...more,
  };
}

/** A query to a PostgreSQL on 127.0.0.1:5432, with what a test wants changed. */
export function makeDbFact(
  more: Partial<Omit<SpanFactOf<'db'>, 'body'>> = {},
  db: Partial<DbCall> = {},
): SpanFactOf<'db'> {
  const { family: _, body: __, ...plain } = makeFact({ spanKind: 'client' });
  return {
    ...plain,
    family: 'db',
    ...more,
    body: {
      operation: 'query',
      system: 'postgresql',
      statement: 'select name from items where id = $1',
      namespace: 'shop',
      peer: { address: '127.0.0.1', port: 5432 },
      isCanceled: false,
      poolWaitNs: 0,
      ...db,
    },
  };
}

/** A unary call of gRPC that has succeeded, with what a test wants changed. */
export function makeGrpcFact(
  more: Partial<Omit<SpanFactOf<'grpc'>, 'body'>> = {},
  grpc: Partial<GrpcCall> = {},
): SpanFactOf<'grpc'> {
  const { family: _, body: __, ...plain } = makeFact({ spanKind: 'client' });
  return {
    ...plain,
    family: 'grpc',
    ...more,
    body: {
      method: '/shop.Orders/Get',
      methodIsUnknown: false,
      target: 'dns:///shop.example:50051',
      code: 0,
      peer: { address: '10.0.0.7', port: 50051 },
      ...grpc,
    },
  };
}

/** A wait for a mutex of 2 ms within the span of `makeFact`, with what a test wants changed. */
export function makeWaitFact(
  more: Partial<Omit<SpanFactOf<'wait'>, 'body'>> = {},
  wait: Partial<Wait> = {},
): SpanFactOf<'wait'> {
  const {
    family: _,
    body: __,
    ...plain
  } = makeFact({
    spanKind: 'internal',
    spanId: [0x00f067aa, 0x0ba902b8],
    parentSpanId: [0x00f067aa, 0x0ba902b7],
    start: [101, 0],
    end: [101, 2_000_000],
  });
  return {
    ...plain,
    family: 'wait',
    ...more,
    body: { use: 'mutex', wakerGoid: 0, wakerIsHolder: false, readyNs: 0, ...wait },
  };
}

/** What happened to the whole program for 2 ms of the span of `makeFact`. */
export function makeWindowFact(body: GcWindow): SpanFactOf<'wait'> {
  const fact = makeFact();
  const window = windowFact(fact, { start: [101, 0], end: [101, 2_000_000], body });
  return { ...window, spanId: derivedSpanId(fact.spanId, 0) };
}

export function makeSource(more: Partial<SpanSource> = {}): SpanSource {
  return {
    resource: createResource({ 'service.name': 'shop', 'process.pid': 4242 }),
    scope: Object.freeze({ name: 'goidspan', version: '1.2.3' }),
    clock: { toUnix: ([seconds, nanos]) => [BOOT_UNIX_SECONDS + seconds, nanos] },
    errorTypeName: (addr) => (addr === 0x6c0ffe ? '*net.OpError' : undefined),
    ...more,
  };
}
