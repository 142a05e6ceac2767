/** Records as the ring buffer holds them, for tests: where things stand in them says the generated layout. */
import {
  evKind,
  SPAN_BODY_AT,
  SPAN_TEXT_SIZES_AT,
  type SpanFamily,
  spanBodyBytes,
  spanTailBytes,
  spanTexts,
  wireLayout,
} from '../../src/wire/wire.gen.ts';

const numbers: Readonly<Record<SpanFamily, number>> = { http: 1, db: 2, wait: 3, grpc: 4 };

/** Numbers, or the bytes of ids, by the names of the fields; `flags`, `target_id` and `tid` of the header too. */
export type RawValues = Readonly<Record<string, number | Uint8Array>>;

/** A span of the family with these fields and texts; what is not named is zero or empty. */
export function rawSpan(
  family: SpanFamily,
  values: RawValues,
  texts: Readonly<Record<string, string>> = {},
): Uint8Array {
  const number = numbers[family];
  const encoded = spanTexts[family].map((name) => Buffer.from(texts[name] ?? ''));
  const textAt = SPAN_BODY_AT + (spanBodyBytes[number] ?? 0);
  const textsEnd = textAt + Buffer.concat(encoded).length;
  const tail = spanTailBytes(Number(values['flags'] ?? 0));
  const size = tail > 0 ? ((textsEnd + 7) & ~7) + tail : textsEnd;
  const bytes = raw(
    evKind.EV_SPAN_END,
    size,
    { ...values, family: number },
    wireLayout.families[number]?.fields,
  );
  encoded.forEach(({ length }, index) => {
    bytes.writeUInt16LE(length, SPAN_TEXT_SIZES_AT + 2 * index);
  });
  bytes.set(Buffer.concat(encoded), textAt);
  return bytes;
}

/** What a goroutine has done for a span. */
export function rawTurns(values: RawValues): Uint8Array {
  const size = wireLayout.records[evKind.EV_GOROUTINE_TURNS]?.bytes ?? 0;
  return raw(evKind.EV_GOROUTINE_TURNS, size, values);
}

function raw(kind: number, size: number, values: RawValues, more: object = {}): Buffer {
  const bytes = Buffer.alloc((size + 7) & ~7);
  const header = { flags: [2, 2], target_id: [8, 4], tid: [12, 4] } as const;
  const fields: Readonly<Record<string, readonly [number, number]>> = {
    ...header,
    ...wireLayout.records[kind]?.fields,
    ...more,
  };
  bytes.writeUInt16LE(kind, 0);
  bytes.writeUInt32LE(size, 4);
  for (const [name, value] of Object.entries(values)) {
    const [at, length] = fields[name] ?? [];
    if (at === undefined || length === undefined) continue;
    if (typeof value !== 'number') bytes.set(value, at);
    else if (length === 8) bytes.writeBigUInt64LE(BigInt(value), at);
    else bytes.writeUIntLE(value, at, length);
  }
  return bytes;
}
