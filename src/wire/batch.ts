/**
 * A batch of records as the shim hands it over, and the few readers of 64-bit shapes that the generated
 * decoders are built from. Knows nothing of any record.
 */

/** Kernel time (CLOCK_MONOTONIC): whole seconds and nanoseconds, both integers. */
export type Ktime = readonly [seconds: number, nanos: number];

/** A trace id as four 32-bit words in the order of its hex form. */
export type TraceIdWords = readonly [number, number, number, number];

/** A span id as two 32-bit words in the order of its hex form. */
export type SpanIdWords = readonly [number, number];

/** One buffer of records seen through three views; records start at multiples of 8 bytes. Little-endian. */
export interface Batch {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
}

/** Views over the first `bytes` of `buffer`, by default all of it; a multiple of 8. */
export function batchOf(buffer: ArrayBuffer, bytes = buffer.byteLength): Batch {
  return {
    u8: new Uint8Array(buffer, 0, bytes),
    u16: new Uint16Array(buffer, 0, bytes / 2),
    u32: new Uint32Array(buffer, 0, bytes / 4),
  };
}

const TWO_POW_32 = 4_294_967_296;

/** An unsigned 64-bit count or user-space address; exact below 2^53. */
export function count64(u32: Uint32Array, at: number): number {
  const word = at >>> 2;
  return (u32[word + 1] as number) * TWO_POW_32 + (u32[word] as number);
}

/** From one such count to another, at `from` and at `to`; exact below 2^53, whatever both are. */
export function between64(u32: Uint32Array, from: number, to: number): number {
  const start = from >>> 2;
  const end = to >>> 2;
  const high = (u32[end + 1] as number) - (u32[start + 1] as number);
  return high * TWO_POW_32 + (u32[end] as number) - (u32[start] as number);
}

/** Several of them in a row. */
export function counts64(u32: Uint32Array, at: number, length: number): number[] {
  const counts = new Array<number>(length);
  for (let index = 0; index < length; index++) counts[index] = count64(u32, at + 8 * index);
  return counts;
}

/** A signed 64-bit count; exact within ±2^53. */
export function s64(u32: Uint32Array, at: number): number {
  const word = at >>> 2;
  return ((u32[word + 1] as number) | 0) * TWO_POW_32 + (u32[word] as number);
}

/**
 * Splits a 64-bit nanosecond count into seconds and nanoseconds in integer arithmetic: exact for 4 years of
 * uptime, where a plain Number would be off by nanoseconds after 104 days.
 */
export function ktime(u32: Uint32Array, at: number): Ktime {
  const word = at >>> 2;
  const high = u32[word + 1] as number;
  // 2^32 ns = 4 s + 294,967,296 ns
  const nanos = high * 294_967_296 + (u32[word] as number);
  const carry = Math.floor(nanos / 1_000_000_000);
  return [high * 4 + carry, nanos - carry * 1_000_000_000];
}

/** The nanoseconds of it. */
export function ktimeNs([seconds, nanos]: Ktime): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
}

/** Nanoseconds from one time to another; exact up to 104 days. */
export function nanosBetween(start: Ktime, end: Ktime): number {
  return (end[0] - start[0]) * 1_000_000_000 + end[1] - start[1];
}

/** 16 bytes in network order. */
export function traceId(u8: Uint8Array, at: number): TraceIdWords {
  return [word(u8, at), word(u8, at + 4), word(u8, at + 8), word(u8, at + 12)];
}

/** 8 bytes in network order. */
export function spanId(u8: Uint8Array, at: number): SpanIdWords {
  return [word(u8, at), word(u8, at + 4)];
}

function word(u8: Uint8Array, at: number): number {
  return (
    (((u8[at] as number) << 24) |
      ((u8[at + 1] as number) << 16) |
      ((u8[at + 2] as number) << 8) |
      (u8[at + 3] as number)) >>>
    0
  );
}
