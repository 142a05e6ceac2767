/**
 * Gathers encoded spans into an `ExportTraceServiceRequest`, grouped by resource and scope. Owns the bytes of one request
 * at a time; when to send is decided elsewhere.
 */
import type { SpanFact } from '../correlate/fact.ts';
import type { InstrumentationScope, ReadableSpan, Resource } from '../span/readable-span.ts';
import type { SpanSource } from '../span/span-source.ts';
import { AttributeWriter, encodeFact } from './encode-fact.ts';
import { encodeResource, encodeScope } from './encode-source.ts';
import { encodeSpan } from './encode-span.ts';
import { EncodedBlocks } from './encoded-blocks.ts';
import { resourceSpans, traceRequest } from './fields.ts';
import type { LastFact } from './last-fact.ts';
import type { SpanLimits } from './limits.ts';
import { ProtoWriter } from './proto-writer.ts';

/** An `ExportTraceServiceRequest`, and how many spans are in it. The bytes belong to whoever takes it. */
export interface EncodedRequest {
  readonly bytes: Uint8Array;
  readonly spans: number;
}

/** The spans of one scope of one resource. */
interface Group {
  readonly scope: InstrumentationScope;
  readonly encodedScope: Uint8Array;
  readonly writer: ProtoWriter;
  readonly attributes: AttributeWriter;
}

/** A resource and the spans that come from it. */
interface Source {
  encoded: Uint8Array;
  /** It was not being detected any more when it was encoded. */
  isWhole: boolean;
  groups: Group[];
}

/** Room that a group keeps for the next request. */
const KEPT_BYTES = 1 << 20;
/** Resources that are kept for the next request: one a target. */
const KEPT_SOURCES = 64;

export class TraceRequestBuilder {
  readonly #limits: SpanLimits;
  readonly #last: LastFact | undefined;
  readonly #sources = new Map<Resource, Source>();
  readonly #blocks = new EncodedBlocks();
  #spans = 0;
  #bytes = 0;

  /** `last`: shared with others of the same limits, which get the same facts. */
  constructor(limits: SpanLimits, last?: LastFact) {
    this.#limits = limits;
    this.#last = last;
  }

  /** Spans so far. */
  get spans(): number {
    return this.#spans;
  }

  /** Bytes of the spans so far; resources and scopes come on top. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The resources of the spans so far. */
  get resources(): readonly Resource[] {
    return [...this.#sources].filter(([, { groups }]) => groups.some(isUsed)).map(([resource]) => resource);
  }

  /**
   * Adds a span; returns the bytes that it takes.
   * @throws {TypeError} if it is none; the request is as before then.
   */
  addSpan(span: ReadableSpan, limits = this.#limits): number {
    const { writer } = this.#groupOf(span.resource, span.instrumentationScope);
    const before = writer.size;
    try {
      encodeSpan(writer, span, limits);
    } catch (error) {
      writer.truncate(before);
      throw error;
    }
    return this.#added(writer.size - before);
  }

  /** Adds the span of a fact; returns the bytes that it takes. */
  addFact(fact: SpanFact, source: SpanSource): number {
    const { writer, attributes } = this.#groupOf(source.resource, source.scope);
    const before = writer.size;
    const known = this.#last?.bytesOf(fact, source);
    if (known) {
      writer.raw(known);
    } else {
      encodeFact(writer, attributes, this.#blocks, fact, source, this.#limits);
      this.#last?.keep(fact, source, writer.view(before));
    }
    return this.#added(writer.size - before);
  }

  /** Takes the last span away again, of which it is known where it came from and how large it is. */
  removeLast(resource: Resource, scope: InstrumentationScope, bytes: number): void {
    const { writer } = this.#groupOf(resource, scope);
    writer.truncate(writer.size - bytes);
    this.#spans--;
    this.#bytes -= bytes;
  }

  /** The request with all spans so far, in a buffer of its own; the next one begins empty. */
  take(): EncodedRequest {
    const parts: Uint8Array[] = [];
    for (const [resource, source] of this.#sources) {
      const used = source.groups.filter(isUsed);
      if (used.length === 0) continue;
      complete(resource, source);
      parts.push(...resourceSpansOf(source.encoded, used));
    }
    const request = { bytes: joined(parts), spans: this.#spans };
    this.#clear();
    return request;
  }

  #added(bytes: number): number {
    this.#spans++;
    this.#bytes += bytes;
    return bytes;
  }

  #sourceOf(resource: Resource): Source {
    let source = this.#sources.get(resource);
    if (source === undefined) {
      source = { encoded: encodeResource(resource), isWhole: !resource.asyncAttributesPending, groups: [] };
      this.#sources.set(resource, source);
    }
    return source;
  }

  #groupOf(resource: Resource, scope: InstrumentationScope): Group {
    const { groups } = this.#sourceOf(resource);
    for (const group of groups) if (isSameScope(group.scope, scope)) return group;
    const writer = new ProtoWriter();
    const attributes = new AttributeWriter(writer, this.#limits);
    const group = { scope, encodedScope: encodeScope(scope), writer, attributes };
    groups.push(group);
    return group;
  }

  #clear(): void {
    this.#spans = 0;
    this.#bytes = 0;
    if (this.#sources.size > KEPT_SOURCES) this.#sources.clear();
    for (const [resource, source] of this.#sources) {
      // A group that this request did not use belongs to a target that is idle or gone.
      source.groups = source.groups.filter(isUsed);
      for (const { writer } of source.groups) writer.shrink(KEPT_BYTES);
      if (source.groups.length === 0) this.#sources.delete(resource);
    }
  }
}

const isUsed = ({ writer }: Group): boolean => writer.size > 0;

function isSameScope(a: InstrumentationScope, b: InstrumentationScope): boolean {
  return a === b || (a.name === b.name && a.version === b.version && a.schemaUrl === b.schemaUrl);
}

/** What a resource that was still being detected says by now; as before if it cannot be encoded any more. */
function complete(resource: Resource, source: Source): void {
  if (source.isWhole) return;
  try {
    source.encoded = encodeResource(resource);
    source.isWhole = !resource.asyncAttributesPending;
  } catch {
    source.isWhole = true;
  }
}

/** The field `resource_spans` of the request, in parts. */
function resourceSpansOf(encodedResource: Uint8Array, groups: readonly Group[]): Uint8Array[] {
  const content = [encodedResource];
  for (const { encodedScope, writer } of groups) {
    const inner = [encodedScope, writer.view()];
    content.push(headerOf(resourceSpans.scopeSpans, inner), ...inner);
  }
  return [headerOf(traceRequest.resourceSpans, content), ...content];
}

/** Tag and length of a message that consists of these parts. */
function headerOf(field: number, parts: readonly Uint8Array[]): Uint8Array {
  const writer = new ProtoWriter();
  writer.header(field, sizeOf(parts));
  return writer.view();
}

function sizeOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** In memory that nothing else shares, since it may wait for long; not zeroed first, since all of it is written. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(Buffer.allocUnsafeSlow(sizeOf(parts)).buffer);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
