/** What a span comes from: its resource and its instrumentation scope. Made once and kept by those who send them. */
import type { InstrumentationScope, Resource } from '../span/readable-span.ts';
import { writeAttributes } from './encode-attributes.ts';
import { resource as resourceField, resourceSpans, scope as scopeField, scopeSpans } from './fields.ts';
import { ProtoWriter } from './proto-writer.ts';

/**
 * All of `ResourceSpans` but its scopes.
 * @throws {TypeError} if it is no resource.
 */
export function encodeResource({ attributes, schemaUrl }: Resource): Uint8Array {
  const writer = new ProtoWriter();
  const start = writer.begin(resourceSpans.resource);
  const none = Number.POSITIVE_INFINITY;
  writeAttributes(writer, resourceField.attributes, attributes, none, none);
  writer.end(start);
  if (schemaUrl) writer.string(resourceSpans.schemaUrl, schemaUrl);
  return Uint8Array.from(writer.view());
}

/**
 * All of `ScopeSpans` but its spans.
 * @throws {TypeError} if it is no scope.
 */
export function encodeScope({ name, version, schemaUrl }: InstrumentationScope): Uint8Array {
  const writer = new ProtoWriter();
  const start = writer.begin(scopeSpans.scope);
  writer.string(scopeField.name, name);
  if (version) writer.string(scopeField.version, version);
  writer.end(start);
  if (schemaUrl) writer.string(scopeSpans.schemaUrl, schemaUrl);
  return Uint8Array.from(writer.view());
}
