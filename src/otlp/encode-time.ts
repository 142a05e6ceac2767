/** Times as OTLP has them: nanoseconds since 1970 in 64 bits. */
import type { ProtoWriter } from './proto-writer.ts';

const TWO_POW_32 = 2 ** 32;
/** 10^9 = BILLION_HIGH * 2^16 + BILLION_LOW, so that no product leaves the integers that a Number holds. */
const BILLION_HIGH = 15_258;
const BILLION_LOW = 51_712;

/** Exact for every second that OTLP can hold, to the year 2554. */
export function writeTime(writer: ProtoWriter, field: number, seconds: number, nanos: number): void {
  const upper = seconds * BILLION_HIGH;
  const lower = seconds * BILLION_LOW + nanos;
  const low = (upper % 65_536) * 65_536 + (lower % TWO_POW_32);
  const carry = low >= TWO_POW_32 ? 1 : 0;
  writer.fixed64(field, low, Math.floor(upper / 65_536) + Math.floor(lower / TWO_POW_32) + carry);
}
