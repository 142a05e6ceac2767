/** What the tests of the page look at: an hour of a shop, and requests that were slow for known causes, as they were recorded. */
import { endingAt, type OtlpRequest, type OtlpSpan, overAnHour, recorded, spansOf } from './otlp.ts';

/** Before now, so that the last hour has them all. */
const AGO_US = 30e6;

export interface Sample {
  readonly requests: readonly OtlpRequest[];
  /** The slow request whose verdict begins so. */
  readonly slow: (sentence: string) => OtlpSpan;
  /** A request of that path. */
  readonly asked: (path: string) => OtlpSpan;
  readonly checkout: OtlpSpan;
  /** Parameters of the route of `checkout`. */
  readonly operation: string;
}

export const textIn = ({ attributes }: OtlpSpan, key: string): string =>
  attributes.find((attribute) => attribute.key === key)?.value.stringValue ?? '';

export function sample(copies = 30): Sample {
  const nowUs = Date.now() * 1000;
  const faults = endingAt(recorded('faults'), nowUs - AGO_US);
  const shop = overAnHour(recorded('shop'), copies, nowUs - AGO_US);
  const found = (wanted: (span: OtlpSpan) => boolean, of = faults): OtlpSpan => {
    const span = spansOf(of).find(wanted);
    if (!span) throw new Error('there is no such span in what was recorded');
    return span;
  };
  const range = `from=${nowUs - 3600e6}&to=${nowUs}`;
  return {
    requests: [...faults, ...shop],
    slow: (sentence) => found((span) => textIn(span, 'goidspan.verdict').startsWith(sentence)),
    asked: (path) => found((span) => textIn(span, 'url.path') === path),
    checkout: found(({ name }) => name === 'GET /checkout/{cart}', shop),
    operation: `service=shop&name=${encodeURIComponent('GET /checkout/{cart}')}&kind=2&${range}`,
  };
}
