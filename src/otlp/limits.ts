/** How much of a span is sent. Owns the type and what counts as no limit. */

/** Span limits as the specification names them; what is over a count is dropped and counted, a text is cut. */
export interface SpanLimits {
  /** Attributes of a span. */
  readonly attributeCount: number;
  /** Of an attribute's text, in UTF-16 units. */
  readonly attributeValueLength: number;
  readonly eventCount: number;
  readonly linkCount: number;
  readonly attributePerEventCount: number;
  readonly attributePerLinkCount: number;
}

const none = Number.POSITIVE_INFINITY;

/** The SDK has applied its own limits to what it hands over. */
export const NO_LIMITS: SpanLimits = {
  attributeCount: none,
  attributeValueLength: none,
  eventCount: none,
  linkCount: none,
  attributePerEventCount: none,
  attributePerLinkCount: none,
};
