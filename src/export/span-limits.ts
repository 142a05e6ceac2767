/** The standard variables that limit spans. Without them our exporter cuts nothing: the SDK has its own limits. */
import { NO_LIMITS, type SpanLimits } from '../otlp/limits.ts';

/** By limit, the variable of spans before the general one. */
const VARIABLES: Readonly<Record<keyof SpanLimits, readonly string[]>> = {
  attributeCount: ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'],
  attributeValueLength: ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'],
  eventCount: ['OTEL_SPAN_EVENT_COUNT_LIMIT'],
  linkCount: ['OTEL_SPAN_LINK_COUNT_LIMIT'],
  attributePerEventCount: ['OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT'],
  attributePerLinkCount: ['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT'],
};

/** A value that is no integer from 0 is said and ignored. */
export function spanLimitsOf(env: NodeJS.ProcessEnv, warn: (message: string) => void): SpanLimits {
  const limits: { -readonly [Name in keyof SpanLimits]: number } = { ...NO_LIMITS };
  for (const [limit, names] of Object.entries(VARIABLES) as [keyof SpanLimits, readonly string[]][]) {
    const name = names.find((variable) => env[variable]?.trim());
    const text = name && env[name]?.trim();
    if (!text) continue;
    if (/^\d{1,9}$/.test(text)) limits[limit] = Number(text);
    else warn(`${name}=${text} is not an integer from 0 (no limit)`);
  }
  return limits;
}
