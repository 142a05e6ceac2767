/** Span records for tests: a plain server span, with what a test wants changed. */
import { type EvSpanEnd, spanEnding, spanRole, spanText, wireLimit } from '../../src/wire/wire.gen.ts';

type TextName = 'METHOD' | 'SCHEME' | 'HOST' | 'PATH' | 'QUERY' | 'PEER' | 'TRACE_STATE' | 'PATTERN';
type Texts = Partial<Record<TextName, string | Uint8Array>>;

export const traceId = [0x0af76519, 0x16cd43dd, 0x8448eb21, 0x1c80319c] as const;
export const linkTraceId = [1, 2, 3, 4] as const;

/** The record of a plain server span, with what a test wants changed. */
export function makeRecord(more: Partial<EvSpanEnd> = {}, texts: Texts = {}, flags = 0): EvSpanEnd {
  const text = new Uint8Array(wireLimit.TEXT_BYTES_MAX);
  const textSizes = new Uint16Array(spanText.TEXT_COUNT);
  let textBytes = 0;
  for (const [name, index] of Object.entries(spanText)) {
    const value = texts[name.replace('TEXT_', '') as TextName];
    if (value === undefined) continue;
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    text.set(bytes, textBytes);
    textSizes[index] = bytes.length;
    textBytes += bytes.length;
  }
  return {
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
    requestAddr: 0xc000_0100,
    returnAddr: 0x50_0000,
    errorTypeAddr: 0,
    bodyBytes: -1,
    stackDepth: 900,
    status: 0,
    role: spanRole.SPAN_SERVER,
    traceFlags: 1,
    protocol: 11,
    resends: 0,
    nested: 0,
    depth: 0,
    ending: spanEnding.ENDING_RETURNED,
    textCut: 0,
    textBytes,
    textSizes,
    text,
    ...more,
  };
}
