import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { pack, unpack, unpacked } from '../../src/store/compress.ts';
import { Random } from '../support/random.ts';

const text = Buffer.from('spans say the same words again and again, '.repeat(500));

describe('what is packed', () => {
  it('is smaller, and is unpacked again, whatever it is', () => {
    expect(pack(text).length).toBeLessThan(text.length / 20);
    const random = new Random(1);
    for (let round = 0; round < 200; round++) {
      const bytes = Uint8Array.from({ length: random.below(3_000) }, () => random.below(round + 1));
      expect(Buffer.from(unpack(pack(bytes), bytes.length)).equals(bytes)).toBe(true);
      expect(Buffer.from(unpack(unpacked(bytes), bytes.length)).equals(bytes)).toBe(true);
    }
  });

  it('by a Node without zstd is read by one that has it', () => {
    const deflated = Buffer.concat([Uint8Array.of(1), deflateSync(text)]);
    expect(Buffer.from(unpack(deflated, text.length)).equals(text)).toBe(true);
  });

  it('and then changed or cut off is refused, unless all of it is still there', () => {
    for (const packed of [pack(text), Buffer.concat([Uint8Array.of(1), deflateSync(text)])]) {
      const outcomes: unknown[] = [];
      for (let at = 1; at < packed.length; at++) {
        const changed = Uint8Array.from(packed);
        changed[at] = (changed[at] as number) ^ 0x55;
        const cut = packed.subarray(0, at);
        outcomes.push(outcomeOf(changed), outcomeOf(cut));
      }
      // Some releases of Node do not miss the end of a sum that nothing follows.
      const right = outcomes.filter((outcome) => outcome === 'as it was').length;
      expect(outcomes.filter((outcome) => outcome === 'bad_store')).toHaveLength(outcomes.length - right);
      expect(right).toBeLessThan(10);
    }
  });

  it('by a codec that nobody knows, or to another size, is refused', () => {
    expect(outcomeOf(Uint8Array.of(9, 1, 2))).toBe('bad_store');
    expect(() => unpack(pack(text), text.length + 1)).toThrow(expect.objectContaining({ code: 'bad_store' }));
    expect(() => unpack(pack(text), text.length - 1)).toThrow(expect.objectContaining({ code: 'bad_store' }));
  });
});

/** The code of the error, or whether it came back as it was. */
function outcomeOf(packed: Uint8Array): unknown {
  try {
    return Buffer.from(unpack(packed, text.length)).equals(text) ? 'as it was' : 'something else';
  } catch (error) {
    return (error as { code?: string }).code;
  }
}
