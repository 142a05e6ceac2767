import { expect, it } from 'vitest';
import { traceParts } from '../../src/store/trace-query.ts';
import { spansOf } from '../support/otlp-proto.ts';
import { numberedRequest, spansIn, traceIdOf } from './numbered-spans.ts';

it('a trace is handed out in parts, and not at all if it is longer than may be held', () => {
  const request = numberedRequest(29);
  const chunks = [{ chunk: () => request, chunksOfTrace: () => [0] }];
  const parts = traceParts(chunks, traceIdOf(29), 2_000);
  expect(parts.length).toBeGreaterThan(2);
  expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(2_000);
  expect(parts.flatMap((part) => spansOf(part))).toHaveLength(spansIn(29));
  expect(() => traceParts(chunks, traceIdOf(29), 2_000, 4_096)).toThrow(/trace 0+1e: it has more than/);
});
