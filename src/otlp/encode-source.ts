/** What a span comes from: its resource and its instrumentation scope, encoded once. */
import type { InstrumentationScope, Resource } from '../span/readable-span.ts';
import { writeAttributes } from './encode-attributes.ts';
import { resource as resourceField, resourceSpans, scope as scopeField, scopeSpans } from './fields.ts';
import { ProtoWriter } from './proto-writer.ts';

/** The field `resource` of `ResourceSpans`. */
export function encodeResource({ attributes }: Resource): Uint8Array {
  return encode((writer) => {
    const start = writer.begin(resourceSpans.resource);
    const none = Number.POSITIVE_INFINITY;
    writeAttributes(writer, resourceField.attributes, attributes, none, none);
    writer.end(start);
  });
}

/** The field `scope` of `ScopeSpans`. */
export function encodeScope({ name, version }: InstrumentationScope): Uint8Array {
  return encode((writer) => {
    const start = writer.begin(scopeSpans.scope);
    writer.string(scopeField.name, name);
    if (version) writer.string(scopeField.version, version);
    writer.end(start);
  });
}

/** The field `schema_url` of `ResourceSpans` or `ScopeSpans`; empty without one. */
export function encodeSchemaUrl(field: number, schemaUrl: string | undefined): Uint8Array {
  return encode((writer) => {
    if (schemaUrl) writer.string(field, schemaUrl);
  });
}

function encode(write: (writer: ProtoWriter) => void): Uint8Array {
  const writer = new ProtoWriter();
  write(writer);
  return Uint8Array.from(writer.view());
}
