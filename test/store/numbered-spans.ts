/** Requests that are known by their number alone, so that what is missing of them is known after a process has been killed. */
import { type PlainSpan, requestOf } from '../support/request-of.ts';

export const traceIdOf = (request: number): string => (request + 1).toString(16).padStart(32, '0');
export const spansIn = (request: number): number => 1 + (request % 30);

export function numberedRequest(request: number): Uint8Array {
  const traceId = traceIdOf(request);
  const spans = Array.from({ length: spansIn(request) }, (_, index): PlainSpan => {
    const spanId = (request * 64 + index + 1).toString(16).padStart(16, '0');
    const startUs = 1_796_000_000_000_000 + request * 1_000 + index;
    const attributes = {
      'http.route': `/orders/${request % 7}`,
      'app.text': 'some words that take room '.repeat(4),
    };
    return {
      traceId,
      spanId,
      service: 'shop',
      name: `GET ${index % 5}`,
      kind: 2,
      startUs,
      durationNs: 1_000 + index,
      isError: false,
      attributes,
    };
  });
  return requestOf(spans);
}
