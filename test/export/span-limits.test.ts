import { describe, expect, it } from 'vitest';
import { spanLimitsOf } from '../../src/export/span-limits.ts';
import { NO_LIMITS } from '../../src/otlp/limits.ts';

function read(env: NodeJS.ProcessEnv) {
  const warnings: string[] = [];
  const limits = spanLimitsOf(env, (message) => warnings.push(message));
  return { limits, warnings };
}

describe('span limits', () => {
  it('are none unless a variable is set', () => {
    expect(read({ OTEL_SPAN_EVENT_COUNT_LIMIT: ' ' })).toEqual({ limits: NO_LIMITS, warnings: [] });
  });

  it.each([
    ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'attributeCount'],
    ['OTEL_ATTRIBUTE_COUNT_LIMIT', 'attributeCount'],
    ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'attributeValueLength'],
    ['OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'attributeValueLength'],
    ['OTEL_SPAN_EVENT_COUNT_LIMIT', 'eventCount'],
    ['OTEL_SPAN_LINK_COUNT_LIMIT', 'linkCount'],
    ['OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT', 'attributePerEventCount'],
    ['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', 'attributePerLinkCount'],
  ])('%s is the limit %s', (name, limit) => {
    expect(read({ [name]: ' 12 ' }).limits).toEqual({ ...NO_LIMITS, [limit]: 12 });
  });

  it('of spans go before general ones', () => {
    const env = { OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '5', OTEL_ATTRIBUTE_COUNT_LIMIT: '9' };
    expect(read(env).limits.attributeCount).toBe(5);
  });

  it.each(['-1', 'many', '1.5', '99999999999'])('that are %s are said and left out', (text) => {
    const { limits, warnings } = read({ OTEL_SPAN_EVENT_COUNT_LIMIT: text });
    expect(limits).toEqual(NO_LIMITS);
    expect(warnings).toEqual([`OTEL_SPAN_EVENT_COUNT_LIMIT=${text} is not an integer from 0 (no limit)`]);
  });
});
