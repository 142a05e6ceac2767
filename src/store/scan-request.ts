/**
 * Reads of an `ExportTraceServiceRequest` what spans are found by, in one pass over its bytes: no object for each span, no text
 * decoded. By tags only, since not everybody writes fields in the order of their numbers: Go's collector writes them backwards.
 * Pure, and never throws for what is in the bytes.
 */
import {
  anyValue,
  keyValue,
  resource,
  resourceSpans,
  scopeSpans,
  span,
  status,
  traceRequest,
} from '../otlp/fields.ts';
import { REQUEST_BYTES_MAX } from '../page-api/limits.ts';
import { GOIDSPAN_BREAKDOWN, GOIDSPAN_VERDICT_CAUSE, GOIDSPAN_WAIT_TOP } from '../span/attribute-names.ts';
import { ProtoFields, u32At, WIRE } from './proto-fields.ts';
import { readShares } from './read-shares.ts';
import { codeOfCause, codeOfTop, NO_CODE, USE_COUNT } from './uses.ts';

/** Why a span or a request is refused. */
export type Fault = 'trace_id' | 'span_id' | 'times' | 'truncated' | 'too_large';

export const faultTexts: Readonly<Record<Fault, string>> = {
  trace_id: 'a trace id that is not 16 bytes, or all zeros',
  span_id: 'a span id that is not 8 bytes, or all zeros',
  times: 'times that no clock shows, or an end before the start',
  truncated: 'bytes that are no protobuf of a span, or end too early',
  too_large: 'more than 16 MiB',
};

/** Numbers above are no times in microseconds and no durations in nanoseconds. */
const NUMBER_MAX = 2 ** 53;
const STATUS_ERROR = 2;
const KINDS = 5;

/** The span that is being looked at. Places are offsets in the bytes that are scanned. */
export interface ScannedSpan {
  /** Where it begins with its tag, by which it is found again. */
  readonly at: number;
  /** Where its message begins and ends. */
  readonly from: number;
  readonly to: number;
  readonly traceIdAt: number;
  readonly spanIdAt: number;
  readonly nameFrom: number;
  readonly nameTo: number;
  /** `service.name` of its resource. */
  readonly serviceFrom: number;
  readonly serviceTo: number;
  /** Number of `SpanKind`; 0 for what is none. */
  readonly kind: number;
  readonly startUs: number;
  readonly durationNs: number;
  readonly isError: boolean;
  readonly top: number;
  readonly cause: number;
  readonly hasBreakdown: boolean;
  /** By the order of `USES`, of 255. */
  readonly shares: Uint8Array;
}

export interface SpanVisitor {
  /** The same object each time. */
  span(span: ScannedSpan): void;
  refused(fault: Fault): void;
}

/**
 * Visits the spans of a request in their order. Undefined, or what is wrong with the request as a whole: what has been visited of it
 * by then is not to be kept.
 */
export function scanRequest(bytes: Uint8Array, visitor: SpanVisitor): Fault | undefined {
  if (bytes.length > REQUEST_BYTES_MAX) return 'too_large';
  return new Scan(bytes, visitor).request() ? undefined : 'truncated';
}

/** Visits the one span that begins at a place, as `scanRequest` does; `around`: the messages that it stands in. */
export function scanSpanAt(
  bytes: Uint8Array,
  around: { readonly resourceSpans: Place; readonly scopeSpans: Place },
  at: number,
  onSpan: (span: ScannedSpan) => void,
): void {
  new Scan(bytes, { span: onSpan, refused: () => {} }).spanAt(around.resourceSpans, around.scopeSpans, at);
}

interface Place {
  readonly from: number;
  readonly to: number;
}

const nameOf = (name: string) => Buffer.from(name);
const BREAKDOWN = nameOf(GOIDSPAN_BREAKDOWN);
const WAIT_TOP = nameOf(GOIDSPAN_WAIT_TOP);
const CAUSE = nameOf(GOIDSPAN_VERDICT_CAUSE);
const SERVICE_NAME = nameOf('service.name');

class Scan implements ScannedSpan {
  at = 0;
  from = 0;
  to = 0;
  traceIdAt = 0;
  spanIdAt = 0;
  nameFrom = 0;
  nameTo = 0;
  serviceFrom = 0;
  serviceTo = 0;
  kind = 0;
  startUs = 0;
  durationNs = 0;
  isError = false;
  top = NO_CODE;
  cause = NO_CODE;
  hasBreakdown = false;
  readonly shares = new Uint8Array(USE_COUNT);
  readonly #bytes: Uint8Array;
  readonly #visitor: SpanVisitor;
  readonly #ofSpan: ProtoFields;
  readonly #inner: ProtoFields;
  #breakdownFrom = 0;
  #breakdownTo = 0;

  constructor(bytes: Uint8Array, visitor: SpanVisitor) {
    this.#bytes = bytes;
    this.#visitor = visitor;
    this.#ofSpan = new ProtoFields(bytes);
    this.#inner = new ProtoFields(bytes);
  }

  request(): boolean {
    const fields = new ProtoFields(this.#bytes);
    while (fields.next()) {
      if (fields.field !== traceRequest.resourceSpans) continue;
      if (fields.wire !== WIRE.bytes || !this.#resourceSpans(fields.from, fields.to)) return false;
    }
    return !fields.isBroken;
  }

  spanAt(around: Place, { to }: Place, at: number): void {
    this.#service(around.from, around.to);
    const fields = new ProtoFields(this.#bytes, at, to);
    if (!fields.next() || fields.field !== scopeSpans.spans || fields.wire !== WIRE.bytes) return;
    this.at = at;
    if (this.#span(fields.from, fields.to) === undefined) this.#visitor.span(this);
  }

  /** The resource first, wherever it is: spans are known by its service. */
  #resourceSpans(from: number, to: number): boolean {
    if (!this.#service(from, to)) return false;
    const fields = new ProtoFields(this.#bytes, from, to);
    while (fields.next()) {
      if (fields.field !== resourceSpans.scopeSpans) continue;
      if (fields.wire !== WIRE.bytes || !this.#scopeSpans(fields.from, fields.to)) return false;
    }
    return true;
  }

  #service(from: number, to: number): boolean {
    this.serviceFrom = this.serviceTo = 0;
    const fields = new ProtoFields(this.#bytes, from, to);
    while (fields.next()) {
      if (fields.field === resourceSpans.resource && fields.wire === WIRE.bytes)
        this.#resource(fields.from, fields.to);
    }
    return !fields.isBroken;
  }

  #resource(from: number, to: number): void {
    const fields = new ProtoFields(this.#bytes, from, to);
    while (fields.next()) {
      if (fields.field !== resource.attributes || fields.wire !== WIRE.bytes) continue;
      const value = this.#textOf(fields.from, fields.to, SERVICE_NAME);
      if (value === undefined) continue;
      this.serviceFrom = value.from;
      this.serviceTo = value.to;
    }
  }

  #scopeSpans(from: number, to: number): boolean {
    const fields = new ProtoFields(this.#bytes, from, to);
    for (let at = from; fields.next(); at = fields.at) {
      if (fields.field !== scopeSpans.spans) continue;
      if (fields.wire !== WIRE.bytes) return false;
      this.at = at;
      const fault = this.#span(fields.from, fields.to);
      if (fault === undefined) this.#visitor.span(this);
      else this.#visitor.refused(fault);
    }
    return !fields.isBroken;
  }

  #span(from: number, to: number): Fault | undefined {
    this.from = from;
    this.to = to;
    this.traceIdAt = this.spanIdAt = -1;
    this.nameFrom = this.nameTo = this.kind = 0;
    this.isError = false;
    this.top = this.cause = NO_CODE;
    this.#breakdownFrom = this.#breakdownTo = 0;
    let startAt = -1;
    let endAt = -1;
    const fields = this.#ofSpan;
    fields.enter(from, to);
    while (fields.next()) {
      const { field, wire } = fields;
      if (wire === WIRE.bytes) {
        if (field === span.attributes) this.#attribute(fields.from, fields.to);
        else if (field === span.traceId) this.traceIdAt = this.#idAt(fields, 16);
        else if (field === span.spanId) this.spanIdAt = this.#idAt(fields, 8);
        else if (field === span.name) {
          this.nameFrom = fields.from;
          this.nameTo = fields.to;
        } else if (field === span.status) this.#status(fields.from, fields.to);
      } else if (wire === WIRE.fixed64) {
        if (field === span.startTimeUnixNano) startAt = fields.from;
        else if (field === span.endTimeUnixNano) endAt = fields.from;
      } else if (field === span.kind && wire === WIRE.varint) {
        this.kind = fields.value <= KINDS ? fields.value : 0;
      }
    }
    if (fields.isBroken) return 'truncated';
    if (this.traceIdAt < 0) return 'trace_id';
    if (this.spanIdAt < 0) return 'span_id';
    if (!this.#times(startAt, endAt)) return 'times';
    this.hasBreakdown = readShares(
      this.#bytes,
      this.#breakdownFrom,
      this.#breakdownTo,
      this.durationNs,
      this.shares,
    );
    return undefined;
  }

  /** -1 if it is not of that length, or nothing but zeros. */
  #idAt({ from, to }: ProtoFields, length: number): number {
    if (to - from !== length) return -1;
    for (let at = from; at < to; at++) if (this.#bytes[at] !== 0) return from;
    return -1;
  }

  /** 2^32 = 4,294,967 * 1,000 + 296, so that no step leaves the integers that a Number holds. */
  #times(startAt: number, endAt: number): boolean {
    const startLow = startAt < 0 ? 0 : u32At(this.#bytes, startAt);
    const startHigh = startAt < 0 ? 0 : u32At(this.#bytes, startAt + 4);
    const endLow = endAt < 0 ? 0 : u32At(this.#bytes, endAt);
    const endHigh = endAt < 0 ? 0 : u32At(this.#bytes, endAt + 4);
    this.startUs = startHigh * 4_294_967 + Math.floor((startHigh * 296 + startLow) / 1_000);
    this.durationNs = (endHigh - startHigh) * 2 ** 32 + (endLow - startLow);
    return this.durationNs >= 0 && this.durationNs < NUMBER_MAX && this.startUs < NUMBER_MAX;
  }

  #status(from: number, to: number): void {
    const fields = this.#inner;
    fields.enter(from, to);
    while (fields.next()) {
      if (fields.field === status.code && fields.wire === WIRE.varint)
        this.isError = fields.value === STATUS_ERROR;
    }
  }

  /** Our three; of all others only the length of the key is looked at. */
  #attribute(from: number, to: number): void {
    const keyLength = this.#keyLength(from, to);
    if (keyLength === BREAKDOWN.length) {
      const value = this.#textOf(from, to, BREAKDOWN);
      if (value === undefined) return;
      this.#breakdownFrom = value.from;
      this.#breakdownTo = value.to;
    } else if (keyLength === WAIT_TOP.length) {
      const value = this.#textOf(from, to, WAIT_TOP);
      if (value !== undefined) this.top = codeOfTop(this.#ascii(value));
    } else if (keyLength === CAUSE.length) {
      const value = this.#textOf(from, to, CAUSE);
      if (value !== undefined) this.cause = codeOfCause(this.#ascii(value));
    }
  }

  #keyLength(from: number, to: number): number {
    const fields = this.#inner;
    // As nearly all write it: the key first, and of less than 128 bytes.
    if (this.#bytes[from] === ((keyValue.key << 3) | WIRE.bytes)) return this.#bytes[from + 1] as number;
    fields.enter(from, to);
    let length = -1;
    while (fields.next()) {
      if (fields.field === keyValue.key && fields.wire === WIRE.bytes) length = fields.to - fields.from;
    }
    return length;
  }

  /** Where the text of a pair is, if its key is `key`. */
  #textOf(
    from: number,
    to: number,
    key: Uint8Array,
  ): { readonly from: number; readonly to: number } | undefined {
    const fields = this.#inner;
    fields.enter(from, to);
    let isIt = false;
    let valueFrom = -1;
    let valueTo = -1;
    while (fields.next()) {
      if (fields.wire !== WIRE.bytes) continue;
      if (fields.field === keyValue.key) isIt = this.#is(fields, key);
      else if (fields.field === keyValue.value) {
        valueFrom = fields.from;
        valueTo = fields.to;
      }
    }
    if (!isIt || valueFrom < 0 || fields.isBroken) return undefined;
    fields.enter(valueFrom, valueTo);
    let text: { readonly from: number; readonly to: number } | undefined;
    while (fields.next()) {
      if (fields.field === anyValue.string && fields.wire === WIRE.bytes)
        text = { from: fields.from, to: fields.to };
    }
    return text;
  }

  #is({ from, to }: ProtoFields, key: Uint8Array): boolean {
    if (to - from !== key.length) return false;
    for (let index = 0; index < key.length; index++) {
      if (this.#bytes[from + index] !== key[index]) return false;
    }
    return true;
  }

  #ascii({ from, to }: { readonly from: number; readonly to: number }): string {
    // Longer than any of ours: not to be looked up.
    if (to - from > 32) return '';
    let text = '';
    for (let at = from; at < to; at++) text += String.fromCharCode(this.#bytes[at] as number);
    return text;
  }
}
