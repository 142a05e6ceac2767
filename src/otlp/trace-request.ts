/**
 * Gathers encoded spans into an `ExportTraceServiceRequest`, grouped by resource and scope. Owns the bytes of one request
 * at a time; when to send is decided elsewhere.
 */
import type { SpanFact } from '../correlate/fact.ts';
import type { InstrumentationScope, ReadableSpan, Resource } from '../span/readable-span.ts';
import type { SpanSource } from '../span/span-source.ts';
import { AttributeWriter, encodeFact } from './encode-fact.ts';
import { encodeResource, encodeSchemaUrl, encodeScope } from './encode-source.ts';
import { encodeSpan } from './encode-span.ts';
import { resourceSpans, scopeSpans, traceRequest } from './fields.ts';
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
  readonly writer: ProtoWriter;
  readonly attributes: AttributeWriter;
}

/** Room that a group keeps for the next request. */
const KEPT_BYTES = 1 << 20;
/** Groups that are kept for the next request: one a target and scope. */
const KEPT_GROUPS = 64;

export class TraceRequestBuilder {
  readonly #limits: SpanLimits;
  readonly #groups = new Map<Resource, Group[]>();
  #spans = 0;
  #bytes = 0;

  constructor(limits: SpanLimits) {
    this.#limits = limits;
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
    return [...this.#groups.keys()].filter((resource) => this.#groupsOf(resource).some(isUsed));
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
    encodeFact(writer, attributes, fact, source, this.#limits);
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
    for (const [resource, groups] of this.#groups) {
      const used = groups.filter(isUsed);
      if (used.length > 0) parts.push(...resourceSpansOf(resource, used));
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

  #groupsOf(resource: Resource): Group[] {
    let groups = this.#groups.get(resource);
    if (groups === undefined) {
      groups = [];
      this.#groups.set(resource, groups);
    }
    return groups;
  }

  #groupOf(resource: Resource, scope: InstrumentationScope): Group {
    const groups = this.#groupsOf(resource);
    for (const group of groups) if (isSameScope(group.scope, scope)) return group;
    const writer = new ProtoWriter();
    const group = { scope, writer, attributes: new AttributeWriter(writer, this.#limits) };
    groups.push(group);
    return group;
  }

  #clear(): void {
    this.#spans = 0;
    this.#bytes = 0;
    if (this.#groups.size > KEPT_GROUPS) this.#groups.clear();
    for (const [resource, groups] of this.#groups) {
      // A group that this request did not use belongs to a target that is idle or gone.
      const used = groups.filter(isUsed);
      for (const { writer } of used) writer.shrink(KEPT_BYTES);
      if (used.length > 0) this.#groups.set(resource, used);
      else this.#groups.delete(resource);
    }
  }
}

const isUsed = ({ writer }: Group): boolean => writer.size > 0;

function isSameScope(a: InstrumentationScope, b: InstrumentationScope): boolean {
  return a === b || (a.name === b.name && a.version === b.version && a.schemaUrl === b.schemaUrl);
}

/** The field `resource_spans` of the request, in parts. */
function resourceSpansOf(resource: Resource, groups: readonly Group[]): Uint8Array[] {
  const content = [encodeResource(resource)];
  for (const { scope, writer } of groups) {
    const inner = [encodeScope(scope), writer.view(), encodeSchemaUrl(scopeSpans.schemaUrl, scope.schemaUrl)];
    content.push(headerOf(resourceSpans.scopeSpans, inner), ...inner);
  }
  content.push(encodeSchemaUrl(resourceSpans.schemaUrl, resource.schemaUrl));
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
