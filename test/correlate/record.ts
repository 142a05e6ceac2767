/** Span records for tests: a plain server span, with what a test wants changed. */
import {
  type EvSpanEnd,
  type HttpBody,
  type SpanFamily,
  spanEnding,
  spanKind,
  spanTexts,
} from '../../src/wire/wire.gen.ts';

type Texts = Partial<Record<(typeof spanTexts.http)[number], string | Uint8Array>>;
type Changes = Partial<Omit<EvSpanEnd, 'http'>> & { readonly http?: Partial<HttpBody> };

export const traceId = [0x0af76519, 0x16cd43dd, 0x8448eb21, 0x1c80319c] as const;
export const linkTraceId = [1, 2, 3, 4] as const;

/** The bit of `textCut` for a text. */
export const cutBit = (name: keyof Texts): number => 1 << spanTexts.http.indexOf(name);

/** The record of a plain server span, with what a test wants changed. */
export function makeRecord({ http, ...more }: Changes = {}, texts: Texts = {}, flags = 0): EvSpanEnd {
  const encoded = spanTexts.http.map((name) => Buffer.from(texts[name] ?? ''));
  const record: Omit<EvSpanEnd, Exclude<SpanFamily, 'http'>> = {
    header: { kind: 1, flags, size: 0, targetId: 3, tid: 4243 },
    startKtimeNs: [100, 999_999_000],
    endKtimeNs: [102, 500],
    goid: 18,
    parentGoid: 0,
    traceId,
    linkTraceId,
    spanId: [0x00f067aa, 0x0ba902b7],
    parentSpanId: [0xb7ad6b71, 0x69203331],
    linkSpanId: [5, 6],
    gAddr: 0xc000_0010,
    errorTypeAddr: 0,
    textSizes: Uint16Array.from(encoded, ({ length }) => length),
    textCut: 0,
    spanKind: spanKind.SPAN_KIND_SERVER,
    family: 1,
    traceFlags: 1,
    depth: 0,
    ending: spanEnding.ENDING_RETURNED,
    http: { bodyBytes: -1, status: 0, protocol: 11, resends: 0, ...http },
    text: new Uint8Array(Buffer.concat(encoded)),
    ...more,
  };
  // Of the bodies it has only its own.
  return record as EvSpanEnd;
}
