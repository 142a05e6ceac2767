/**
 * Field numbers of OTLP, message by message.
 * Source: https://github.com/open-telemetry/opentelemetry-proto/tree/v1.9.0/opentelemetry/proto
 */

export const traceRequest = { resourceSpans: 1 } as const;
export const resourceSpans = { resource: 1, scopeSpans: 2, schemaUrl: 3 } as const;
export const scopeSpans = { scope: 1, spans: 2, schemaUrl: 3 } as const;
export const resource = { attributes: 1 } as const;
export const scope = { name: 1, version: 2, attributes: 3, droppedAttributesCount: 4 } as const;
export const span = {
  traceId: 1,
  spanId: 2,
  traceState: 3,
  parentSpanId: 4,
  name: 5,
  kind: 6,
  startTimeUnixNano: 7,
  endTimeUnixNano: 8,
  attributes: 9,
  droppedAttributesCount: 10,
  events: 11,
  droppedEventsCount: 12,
  links: 13,
  droppedLinksCount: 14,
  status: 15,
  flags: 16,
} as const;
export const event = { timeUnixNano: 1, name: 2, attributes: 3, droppedAttributesCount: 4 } as const;
export const link = {
  traceId: 1,
  spanId: 2,
  traceState: 3,
  attributes: 4,
  droppedAttributesCount: 5,
  flags: 6,
} as const;
export const status = { message: 2, code: 3 } as const;
export const keyValue = { key: 1, value: 2 } as const;
export const anyValue = {
  string: 1,
  bool: 2,
  int: 3,
  double: 4,
  array: 5,
  kvlist: 6,
  bytes: 7,
} as const;
/** Of `ArrayValue` and `KeyValueList`. */
export const values = 1;

/** `SpanFlags`: beside the eight W3C flags, whether it is known that the parent is remote, and whether it is. */
export const spanFlags = { hasIsRemote: 0x100, isRemote: 0x200 } as const;
