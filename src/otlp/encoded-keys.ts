/** The names of attributes as UTF-8. There are few of them and each is sent again and again, so they are encoded once. */

/** A host that makes names up cannot fill the memory: what is beyond is encoded each time. */
const KEPT_MAX = 4_096;
const KEPT_LENGTH_MAX = 256;

export interface EncodedKey {
  readonly bytes: Uint8Array;
  /** The same as words in the order of this machine, filled up with zeros: to copy words takes a quarter of the time. */
  readonly words: Int32Array;
}

interface KeptKey extends EncodedKey {
  readonly text: string;
  /** The key that came after this one the last time: spans of one kind have their attributes in one order. */
  next: KeptKey | undefined;
}

export class EncodedKeys {
  readonly #kept = new Map<string, KeptKey>();
  #last: KeptKey | undefined;

  of(text: string): EncodedKey {
    const guess = this.#last?.next;
    if (guess !== undefined && guess.text === text) {
      this.#last = guess;
      return guess;
    }
    const key = this.#kept.get(text) ?? this.#encode(text);
    if (this.#last) this.#last.next = key;
    this.#last = key;
    return key;
  }

  #encode(text: string): KeptKey {
    const utf8 = Buffer.from(text);
    const words = new Int32Array(Math.ceil(utf8.length / 4));
    const bytes = new Uint8Array(words.buffer, 0, utf8.length);
    bytes.set(utf8);
    const key = { text, bytes, words, next: undefined };
    if (this.#kept.size < KEPT_MAX && text.length <= KEPT_LENGTH_MAX) this.#kept.set(text, key);
    return key;
  }
}
