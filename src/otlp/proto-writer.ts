/**
 * Writes protobuf into one growing buffer, in one pass: a length is written when its message is whole, and the message
 * moves up where the length takes more room than was left for it. Knows fields and wire types, no message.
 * Format: https://protobuf.dev/programming-guides/encoding/
 */

import { type EncodedKey, EncodedKeys } from './encoded-keys.ts';

/** The wire types that are in use; a tag is `field << 3 | wire type`. */
const wireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const encodedKeys = new EncodedKeys();

const FIRST_CAPACITY = 1024;
const TWO_POW_32 = 2 ** 32;
/** The bytes of a pair beside key and value, if all its lengths take one byte each. */
const PAIR_HEADERS = 8;
/** The order in which the words of a key are kept. */
const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const SHORT_PAIR = 0x80 - PAIR_HEADERS;
/** A varint of 64 bits. */
const VARINT_BYTES_MAX = 10;

export class ProtoWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  #view = viewOf(this.#bytes);
  #at = 0;

  /** Bytes written so far. */
  get size(): number {
    return this.#at;
  }

  /** Forgets what has been written after the first `size` bytes; the room stays. */
  truncate(size: number): void {
    this.#at = size;
  }

  /** What has been written since there were `size` bytes, as a view that writes may change after `end`, `truncate` or `shrink`. */
  view(size = 0): Uint8Array {
    return this.#bytes.subarray(size, this.#at);
  }

  /** Gives room back, if there is more than `bytes` of it. What has been written is forgotten. */
  shrink(bytes: number): void {
    this.#at = 0;
    if (this.#bytes.length > bytes) this.#use(Buffer.allocUnsafeSlow(FIRST_CAPACITY));
  }

  /** Fields that were encoded before. */
  raw(encoded: Uint8Array): void {
    this.#reserve(encoded.length);
    this.#bytes.set(encoded, this.#at);
    this.#at += encoded.length;
  }

  /** A copy of what has been written since there were `size` bytes. */
  copyFrom(size: number): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#bytes, size, this.#at);
  }

  /**
   * Begins a message; `end` takes what this returns. `room` bytes are left for its length: 1 is right up to 127 bytes, 2
   * up to 16,383, and with another length the message is moved.
   */
  begin(field: number, room = 1): number {
    this.#tag(field, wireType.bytes);
    this.#at += room;
    return this.#at;
  }

  /** Ends what began at `start`, with the same `room`. */
  end(start: number, room = 1): void {
    const size = this.#at - start;
    const needed = varintSize(size);
    const body = start - room + needed;
    if (body !== start) {
      this.#reserve(needed);
      this.#bytes.copyWithin(body, start, this.#at);
    }
    this.#at = start - room;
    this.#varint(size);
    this.#at += size;
  }

  /** Tag and length of a message that is `size` bytes long and follows. */
  header(field: number, size: number): void {
    this.#tag(field, wireType.bytes);
    this.#reserve(VARINT_BYTES_MAX);
    this.#varint(size);
  }

  /** A varint that is not negative and below 2^53. */
  uint(field: number, value: number): void {
    this.#tag(field, wireType.varint);
    this.#reserve(VARINT_BYTES_MAX);
    this.#varint(value);
  }

  /** `int64`: an integer from -2^63 to 2^63 - 1; negative ones take ten bytes. */
  int(field: number, value: number): void {
    if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) this.uint(field, value);
    else this.#bigVarint(field, BigInt.asUintN(64, BigInt(value)));
  }

  /** 64 bits of which `high` and `low` are the halves. */
  fixed64(field: number, low: number, high: number): void {
    this.#tag(field, wireType.fixed64);
    this.#reserve(8);
    this.#word(low);
    this.#word(high);
  }

  fixed32(field: number, value: number): void {
    this.#tag(field, wireType.fixed32);
    this.#reserve(4);
    this.#word(value);
  }

  double(field: number, value: number): void {
    this.#tag(field, wireType.fixed64);
    this.#reserve(8);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  bytes(field: number, value: Uint8Array): void {
    this.#tag(field, wireType.bytes);
    this.#reserve(VARINT_BYTES_MAX + value.length);
    this.#varint(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  /** 32-bit words, each with its highest byte first: an id. */
  words(field: number, words: readonly number[]): void {
    this.#tag(field, wireType.bytes);
    this.#reserve(1 + 4 * words.length);
    this.#bytes[this.#at++] = 4 * words.length;
    for (let index = 0; index < words.length; index++, this.#at += 4) {
      this.#view.setInt32(this.#at, words[index] as number);
    }
  }

  /** An id of `size` bytes, below 128, from its hex. False, and garbage is written, if it is none. */
  hex(field: number, text: string, size: number): boolean {
    if (text.length !== 2 * size) return false;
    this.#tag(field, wireType.bytes);
    this.#reserve(1 + size);
    const bytes = this.#bytes;
    let at = this.#at;
    bytes[at++] = size;
    let digits = 0;
    for (let index = 0; index < 2 * size; index += 2) {
      const byte =
        ((HEX_DIGITS[text.charCodeAt(index)] ?? NO_DIGIT) << 4) |
        (HEX_DIGITS[text.charCodeAt(index + 1)] ?? NO_DIGIT);
      digits |= byte;
      bytes[at++] = byte;
    }
    this.#at = at;
    return digits < 0x100;
  }

  /** A string as UTF-8; a lone surrogate becomes U+FFFD. */
  string(field: number, value: string): void {
    this.#tag(field, wireType.bytes);
    this.#text(value);
  }

  /** The message `{ string field 1: key, message field 2: { string field 1: value } }`, by which attributes are sent. */
  textPair(field: number, key: string, value: string): void {
    const encodedKey = encodedKeys.of(key);
    const keySize = encodedKey.bytes.length;
    const valueSize = value.length;
    // Short and ASCII, as nearly all are: every length is one byte and known beforehand.
    if (keySize + valueSize < SHORT_PAIR) {
      this.#reserve(keySize + valueSize + PAIR_HEADERS);
      const at = this.#pairHeader(field, encodedKey, valueSize + 2);
      this.#bytes[at] = (1 << 3) | wireType.bytes;
      if (this.#writeAscii(value, at + 1)) return;
    }
    const pair = this.begin(field);
    this.bytes(1, encodedKey.bytes);
    const inner = this.begin(2);
    this.string(1, value);
    this.end(inner);
    this.end(pair);
  }

  /** The same with `{ int64 field 3: value }`; the value is an integer from -2^63 to 2^63 - 1. */
  intPair(field: number, key: string, value: number): void {
    const encodedKey = encodedKeys.of(key);
    const keySize = encodedKey.bytes.length;
    if (keySize < SHORT_PAIR - VARINT_BYTES_MAX && value >= 0 && value < TWO_POW_32) {
      const valueSize = varintSize(value);
      this.#reserve(keySize + valueSize + PAIR_HEADERS);
      this.#at = this.#pairHeader(field, encodedKey, valueSize + 1);
      this.#bytes[this.#at++] = (3 << 3) | wireType.varint;
      this.#varint(value);
      return;
    }
    const pair = this.begin(field);
    this.bytes(1, encodedKey.bytes);
    const inner = this.begin(2);
    this.int(3, value);
    this.end(inner);
    this.end(pair);
  }

  /** Writes a short pair up to the head of its second message; returns where that goes on. Moves nothing yet. */
  #pairHeader(field: number, key: EncodedKey, innerSize: number): number {
    const bytes = this.#bytes;
    const keySize = key.bytes.length;
    let at = this.#at;
    bytes[at++] = (field << 3) | wireType.bytes;
    bytes[at++] = keySize + innerSize + 4;
    bytes[at++] = (1 << 3) | wireType.bytes;
    bytes[at++] = keySize;
    const { words } = key;
    // The last word may reach beyond the key: what follows is written over it.
    for (let index = 0; index < words.length; index++) {
      this.#view.setInt32(at + 4 * index, words[index] as number, isLittleEndian);
    }
    at += keySize;
    bytes[at++] = (2 << 3) | wireType.bytes;
    bytes[at++] = innerSize;
    return at;
  }

  /**
   * Writes a length below 128 and so many characters from `start` on, for which there is room, and goes on behind them.
   * False, and what is there is garbage, if they are not all ASCII.
   */
  #writeAscii(value: string, start: number): boolean {
    const bytes = this.#bytes;
    const size = value.length;
    let at = start;
    bytes[at++] = size;
    let bits = 0;
    for (let index = 0; index < size; index++) {
      const unit = value.charCodeAt(index);
      bits |= unit;
      bytes[at++] = unit;
    }
    if (bits >= 0x80) return false;
    this.#at = at;
    return true;
  }

  #text(value: string): void {
    const size = value.length;
    if (size < 0x80) {
      this.#reserve(1 + size);
      if (this.#writeAscii(value, this.#at)) return;
    }
    const byteSize = Buffer.byteLength(value);
    this.#reserve(VARINT_BYTES_MAX + byteSize);
    this.#varint(byteSize);
    this.#at += this.#bytes.write(value, this.#at);
  }

  #tag(field: number, type: number): void {
    this.#reserve(VARINT_BYTES_MAX);
    const tag = (field << 3) | type;
    if (tag < 0x80) this.#bytes[this.#at++] = tag;
    else this.#varint(tag);
  }

  /** The caller has reserved the room. */
  #varint(value: number): void {
    const bytes = this.#bytes;
    let rest = value;
    for (; rest >= TWO_POW_32; rest = Math.floor(rest / 0x80)) bytes[this.#at++] = (rest % 0x80) | 0x80;
    rest >>>= 0;
    for (; rest >= 0x80; rest >>>= 7) bytes[this.#at++] = (rest & 0x7f) | 0x80;
    bytes[this.#at++] = rest;
  }

  #bigVarint(field: number, value: bigint): void {
    this.#tag(field, wireType.varint);
    this.#reserve(VARINT_BYTES_MAX);
    let rest = value;
    for (; rest >= 0x80n; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[this.#at++] = Number(rest);
  }

  /** The caller has reserved the room. */
  #word(value: number): void {
    this.#view.setInt32(this.#at, value, true);
    this.#at += 4;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes > this.#bytes.length) this.#grow(bytes);
  }

  #grow(bytes: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, this.#at + bytes));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#use(larger);
  }

  #use(bytes: Buffer<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }
}

/** Bytes of a varint. */
function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  let size = 3;
  for (let rest = Math.floor(value / 0x20_0000); rest > 0; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

const NO_DIGIT = 0x100;

/** By character code. */
const HEX_DIGITS = Int16Array.from({ length: 0x80 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(digit) ? NO_DIGIT : digit;
});
