/** Bytes of a trace, read one after the other and never past their end. */

export class Bytes {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  at: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.at = at;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#end;
  }

  /** @throws {Error} At the end. */
  byte(): number {
    if (this.isAtEnd) throw new Error('it is cut off');
    return this.#bytes[this.at++] as number;
  }

  /**
   * A number of up to 64 bits in groups of seven, the least first; from 2^53 on only about as large.
   * @throws {Error} Where it has no end.
   */
  number(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 63; factor *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw new Error('a number in it has no end');
  }

  /** The next so many, which are not copied. @throws {Error} Where there are fewer. */
  part(length: number): Bytes {
    const end = this.at + length;
    if (end > this.#end) throw new Error('it is cut off');
    const part = new Bytes(this.#bytes, this.at, end);
    this.at = end;
    return part;
  }

  text(): string {
    return decoder.decode(this.#bytes.subarray(this.at, this.#end));
  }
}

const decoder = new TextDecoder();
