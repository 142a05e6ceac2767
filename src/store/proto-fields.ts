/**
 * Reads protobuf field by field, by tags alone: fields may come in any order. Never throws: what ends too early or has no meaning
 * sets `isBroken`, and there is no field after it.
 * Format: https://protobuf.dev/programming-guides/encoding/
 */

/** Wire types; the two of groups are not in use anywhere. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** A reader of one message at a time, which a loop may keep for many. */
export class ProtoFields {
  bytes: Uint8Array;
  /** Where the next field begins. */
  at: number;
  /** Where the message ends. */
  limit: number;
  isBroken = false;
  /** Of the field that `next` has found. */
  field = 0;
  wire = 0;
  /** Of a varint: its value, above 2^53 not exact. */
  value = 0;
  /** Of bytes: where they are. Of fixed ones: where they begin. */
  from = 0;
  to = 0;

  constructor(bytes: Uint8Array, at = 0, limit = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.limit = limit;
  }

  /** Begins with another message of the same bytes, or of others. */
  enter(at: number, limit: number, bytes = this.bytes): void {
    this.bytes = bytes;
    this.at = at;
    this.limit = limit;
    this.isBroken = false;
  }

  /** Goes on to the next field; false at the end, or if what follows is none. */
  next(): boolean {
    if (this.at >= this.limit) return false;
    const tag = this.#varint();
    if (this.isBroken) return false;
    this.field = tag >>> 3;
    this.wire = tag & 7;
    if (this.field === 0 || tag > 0xffff_ffff) return this.#break();
    switch (this.wire) {
      case WIRE.varint:
        this.value = this.#varint();
        return !this.isBroken;
      case WIRE.bytes: {
        const length = this.#varint();
        return !this.isBroken && this.#take(length);
      }
      case WIRE.fixed64:
        return this.#take(8);
      case WIRE.fixed32:
        return this.#take(4);
      default:
        return this.#break();
    }
  }

  #take(length: number): boolean {
    if (length > this.limit - this.at) return this.#break();
    this.from = this.at;
    this.at += length;
    this.to = this.at;
    return true;
  }

  #break(): false {
    this.isBroken = true;
    this.at = this.limit;
    return false;
  }

  #varint(): number {
    const { bytes, limit } = this;
    let at = this.at;
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      if (at >= limit) break;
      const byte = bytes[at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.at = at;
        return value;
      }
      scale *= 128;
    }
    this.#break();
    return 0;
  }
}

/** The varint that ends at a place, as an `int64`: of a field whose `value` is not exact. */
export function int64Before(bytes: Uint8Array, end: number): bigint {
  let from = end - 1;
  while (from > 0 && end - from < 10 && (bytes[from - 1] as number) >= 0x80) from--;
  let value = 0n;
  for (let at = end - 1; at >= from; at--) value = (value << 7n) | BigInt((bytes[at] as number) & 0x7f);
  return BigInt.asIntN(64, value);
}

/** The 32 bits at a place, lowest byte first. */
export function u32At(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}
