/**
 * Messages of Jaeger's remote storage, version 2, as bytes. What is broken in a request is an error that says so. Pure.
 * Fields: https://github.com/jaegertracing/jaeger-idl/blob/v0.6.0/proto/storage/v2/trace_storage.proto
 */
import { ProtoWriter } from '../otlp/proto-writer.ts';
import type { Operation, SearchQuery } from '../page-api/query.ts';
import { GrpcError, grpcStatus } from '../receiver/grpc-method.ts';
import { GOIDSPAN_VERDICT_CAUSE, GOIDSPAN_WAIT_TOP } from '../span/attribute-names.ts';
import { attributesOf } from '../store/decode-span.ts';
import { int64Before, ProtoFields, WIRE } from '../store/proto-fields.ts';
import { asText } from '../store/value-text.ts';
import { KINDS } from './span-kinds.ts';

const traceParams = { traceId: 1 } as const;
const tracesRequest = { query: 1 } as const;
const query = {
  service: 1,
  operation: 2,
  attributes: 3,
  startMin: 4,
  startMax: 5,
  durationMin: 6,
  durationMax: 7,
  depth: 8,
} as const;
/** Of `Timestamp` and `Duration` of Google. */
const time = { seconds: 1, nanos: 2 } as const;

const TRACE_ID_BYTES = 16;
/** Of one request; Jaeger asks for those of one search. */
const TRACES_MAX = 1_500;
const ATTRIBUTES_MAX = 16;
/** If none is given, as Jaeger's page asks. */
const USUAL_DEPTH = 20;
/** Times in microseconds end here. */
const NEVER_US = Number.MAX_SAFE_INTEGER;

/** Which traces are looked for: those with a span of which all of it is true, the newest `depth`. */
export interface TracesQuery {
  readonly spans: Omit<SearchQuery, 'limit'>;
  readonly depth: number;
}

/** Of `GetTracesRequest`: hex. @throws {GrpcError} */
export function traceIdsIn(bytes: Uint8Array): string[] {
  const ids: string[] = [];
  eachField(bytes, 0, bytes.length, ({ field, wire, from, to }) => {
    if (field !== tracesRequest.query || wire !== WIRE.bytes) return;
    if (ids.length === TRACES_MAX) throw invalid(`more than ${TRACES_MAX} traces are asked for at once`);
    let id: Uint8Array = new Uint8Array();
    eachField(bytes, from, to, (inner) => {
      if (inner.field === traceParams.traceId && inner.wire === WIRE.bytes)
        id = bytes.subarray(inner.from, inner.to);
    });
    if (id.length !== TRACE_ID_BYTES) throw invalid(`a trace id of ${id.length} bytes (it has 16)`);
    ids.push(Buffer.from(id).toString('hex'));
  });
  return ids;
}

/** Of `GetOperationsRequest`. @throws {GrpcError} */
export function operationsAskedIn(bytes: Uint8Array): { service: string; kind: number | undefined } {
  let [service, kind] = ['', ''];
  eachField(bytes, 0, bytes.length, ({ field, wire, from, to }) => {
    if (wire !== WIRE.bytes) return;
    if (field === 1) service = textIn(bytes, from, to);
    else if (field === 2) kind = textIn(bytes, from, to);
  });
  return { service, kind: kind === '' ? undefined : kindOf(kind) };
}

/** Of `FindTracesRequest`. @throws {GrpcError} */
export function tracesQueryIn(bytes: Uint8Array): TracesQuery {
  let part = { from: 0, to: 0 };
  eachField(bytes, 0, bytes.length, ({ field, wire, from, to }) => {
    if (field === 1 && wire === WIRE.bytes) part = { from, to };
  });
  const texts = { service: '', name: '' };
  const us = { fromUs: 0, toUs: 0 };
  const ns = { minNs: 0, maxNs: 0 };
  let depth = 0;
  eachField(bytes, part.from, part.to, ({ field, wire, from, to, value }) => {
    if (wire === WIRE.varint && field === query.depth) depth = value;
    if (wire !== WIRE.bytes) return;
    if (field === query.service) texts.service = textIn(bytes, from, to);
    else if (field === query.operation) texts.name = textIn(bytes, from, to);
    else if (field === query.startMin) us.fromUs = Math.floor(nanosIn(bytes, from, to) / 1e3);
    else if (field === query.startMax) us.toUs = Math.floor(nanosIn(bytes, from, to) / 1e3);
    else if (field === query.durationMin) ns.minNs = nanosIn(bytes, from, to);
    else if (field === query.durationMax) ns.maxNs = nanosIn(bytes, from, to);
  });
  const wholeRange = { fromUs: Math.max(0, us.fromUs), toUs: us.toUs > 0 ? us.toUs + 1 : NEVER_US };
  return {
    spans: {
      ...wholeRange,
      service: texts.service || undefined,
      name: texts.name || undefined,
      minNs: ns.minNs > 0 ? ns.minNs : undefined,
      maxNs: ns.maxNs > 0 ? ns.maxNs : undefined,
      ...conditionsOf(attributesOf(bytes, part, query.attributes)),
    },
    // Negative ones are above all others as a varint.
    depth: depth === 0 ? USUAL_DEPTH : Math.min(depth, TRACES_MAX),
  };
}

/** `error` and `span.kind` are no attributes here, but Jaeger's words for status and kind; two of ours are found by columns. */
function conditionsOf(
  asked: ReturnType<typeof attributesOf>,
): Pick<SearchQuery, 'isError' | 'kind' | 'waitTop' | 'cause' | 'attributes'> {
  const pairs = Object.entries(asked).map(([key, value]) => ({ key, value: asText(value) ?? '' }));
  if (pairs.length > ATTRIBUTES_MAX) throw invalid(`more than ${ATTRIBUTES_MAX} attributes`);
  const own = ['error', 'span.kind', GOIDSPAN_WAIT_TOP, GOIDSPAN_VERDICT_CAUSE];
  const textOf = (name: string) => pairs.find(({ key }) => key === name)?.value;
  const [error, kind] = [textOf('error'), textOf('span.kind')];
  if (error !== undefined && error !== 'true' && error !== 'false')
    throw invalid(`error=${error} is neither true nor false`);
  return {
    isError: error === undefined ? undefined : error === 'true',
    kind: kind === undefined ? undefined : kindOf(kind),
    waitTop: textOf(GOIDSPAN_WAIT_TOP),
    cause: textOf(GOIDSPAN_VERDICT_CAUSE),
    attributes: pairs.filter(({ key }) => !own.includes(key)),
  };
}

function kindOf(text: string): number {
  const name = text.replace(/^SPAN_KIND_/i, '').toLowerCase();
  const kind = name === 'unspecified' ? 0 : KINDS.indexOf(name);
  if (kind < 0) throw invalid(`${text} is no kind of span`);
  return kind;
}

/** `GetServicesResponse`. */
export function servicesResponse(services: readonly string[]): Uint8Array {
  const writer = new ProtoWriter();
  for (const service of services) writer.string(1, service);
  return writer.view();
}

/** `GetOperationsResponse`. */
export function operationsResponse(operations: readonly Operation[]): Uint8Array {
  const writer = new ProtoWriter();
  for (const { name, kind } of operations) {
    const start = writer.begin(1, 2);
    writer.string(1, name);
    writer.string(2, KINDS[kind] ?? '');
    writer.end(start, 2);
  }
  return writer.view();
}

/** `FindTraceIDsResponse`. */
export function traceIdsResponse(ids: readonly string[]): Uint8Array {
  const writer = new ProtoWriter();
  for (const id of ids) {
    const start = writer.begin(1);
    writer.bytes(1, Buffer.from(id, 'hex'));
    writer.end(start);
  }
  return writer.view();
}

function eachField(
  bytes: Uint8Array,
  from: number,
  to: number,
  onField: (fields: ProtoFields) => void,
): void {
  const fields = new ProtoFields(bytes, from, to);
  while (fields.next()) onField(fields);
  if (fields.isBroken) throw invalid('the message is no protobuf, or ends too early');
}

/** Go's zero time is far below 0. */
function nanosIn(bytes: Uint8Array, from: number, to: number): number {
  let nanos = 0;
  eachField(bytes, from, to, ({ field, wire, at }) => {
    if (wire !== WIRE.varint) return;
    const value = Number(int64Before(bytes, at));
    if (field === time.seconds) nanos += value * 1e9;
    else if (field === time.nanos) nanos += value;
  });
  return nanos;
}

const textIn = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString();

const invalid = (reason: string): GrpcError => new GrpcError(grpcStatus.invalidArgument, reason);
