import { describe, expect, it } from 'vitest';
import { RecordConverter } from '../../src/recording/convert-records.ts';
import { batchOf } from '../../src/wire/batch.ts';
import { decodeBatch } from '../../src/wire/decode.ts';
import type { WireLayout } from '../../src/wire/layout.ts';
import { spanFlag } from '../../src/wire/wire.gen.ts';
import { fuzzInputs, fuzzTimeoutMilliseconds } from '../support/fuzz.ts';
import { Random } from '../support/random.ts';

const header = [0, 16] as const;

/** A span of a family with a number of its own and texts, and an exit. */
const before: WireLayout = {
  records: {
    1: {
      bytes: 32,
      fields: { header, goid: [16, 8], family: [24, 1], text_cut: [25, 1], text_sizes: [26, 6] },
    },
    3: { bytes: 24, fields: { header, tgid: [16, 4], exit_code: [20, 4] } },
  },
  families: { 1: { bytes: 8, fields: { status: [32, 2], gone: [34, 2] }, texts: ['host', 'path', 'gone'] } },
};
/** The same later: moved, wider, in another order, with something new. */
const after: WireLayout = {
  records: {
    1: {
      bytes: 40,
      fields: { header, family: [16, 1], text_cut: [18, 2], text_sizes: [20, 8], goid: [32, 8] },
    },
    3: { bytes: 32, fields: { header, fresh: [16, 8], tgid: [24, 4], exit_code: [28, 4] } },
  },
  families: {
    1: { bytes: 8, fields: { fresh: [40, 4], status: [44, 4] }, texts: ['fresh', 'path', 'host'] },
  },
};

/** What spans of the layout before may have at their end, and what those of the one after have of it. */
const timeBefore = { bytes: 16, fields: { cpu: [0, 4], gone: [4, 4], mutex: [8, 8] } } as const;
const timeAfter = { bytes: 24, fields: { mutex: [0, 8], fresh: [8, 8], cpu: [16, 8] } } as const;

/** As `spanBefore`, with a time at the next multiple of 8 behind the texts. */
function timedBefore(texts: readonly string[]): Uint8Array {
  const span = spanBefore(texts);
  const time = Buffer.alloc(timeBefore.bytes);
  time.writeUInt32LE(700, 0);
  time.writeUInt32LE(0xffff_ffff, 4);
  time.writeBigUInt64LE(2n ** 40n, 8);
  const record = Buffer.concat([span, time]);
  record.writeUInt16LE(spanFlag.SPAN_FLAG_TIME, 2);
  record.writeUInt32LE(record.length, 4);
  return record;
}

/** A record of the layout before, with texts. */
function spanBefore(texts: readonly string[], cut = 0, family = 1): Uint8Array {
  const text = Buffer.from(texts.join(''));
  const record = Buffer.alloc((40 + text.length + 7) & ~7);
  record.writeUInt16LE(1, 0);
  record.writeUInt32LE(40 + text.length, 4);
  record.writeUInt32LE(9, 8);
  record.writeBigUInt64LE(18n, 16);
  record.set([family, cut], 24);
  for (const [index, { length }] of texts.entries()) record.writeUInt16LE(length, 26 + 2 * index);
  record.writeUInt16LE(404, 32);
  record.writeUInt16LE(0xffff, 34);
  record.set(text, 40);
  return record;
}

function exitBefore(): Uint8Array {
  const record = Buffer.alloc(24);
  record.writeUInt16LE(3, 0);
  record.writeUInt32LE(24, 4);
  record.writeUInt32LE(42, 16);
  record.writeUInt32LE(7, 20);
  return record;
}

const bufferOf = (...records: readonly Uint8Array[]): ArrayBuffer =>
  new Uint8Array(Buffer.concat(records)).buffer;
const convert = (...records: readonly Uint8Array[]): Buffer =>
  Buffer.from(new RecordConverter(before, after).convert(bufferOf(...records)));

describe('RecordConverter', () => {
  it('moves fields and texts to their places by name, and leaves out what is gone', () => {
    const out = convert(spanBefore(['a.com', '/x', 'gone'], 0b011));
    expect(out.readUInt32LE(4)).toBe(48 + 7);
    expect(out.readUInt32LE(8)).toBe(9);
    expect([out[16], out.readUInt16LE(18)]).toEqual([1, 0b110]);
    expect([20, 22, 24].map((at) => out.readUInt16LE(at))).toEqual([0, 2, 5]);
    expect(out.readBigUInt64LE(32)).toBe(18n);
    expect([out.readUInt32LE(40), out.readUInt32LE(44)]).toEqual([0, 404]);
    expect(out.toString('latin1', 48, 55)).toBe('/xa.com');
    expect(out.length).toBe(56);
  });

  it('moves the time of a span behind its texts, wherever these end', () => {
    const converter = new RecordConverter({ ...before, time: timeBefore }, { ...after, time: timeAfter });
    for (const path of ['/12345678', '/1234567', '/123456', '/']) {
      const out = Buffer.from(converter.convert(bufferOf(timedBefore(['a', path, '']), exitBefore())));
      const textsEnd = 48 + 1 + path.length;
      const at = (textsEnd + 7) & ~7;
      expect(out.toString('latin1', 48, textsEnd)).toBe(`${path}a`);
      expect(out.readUInt32LE(4)).toBe(at + 24);
      expect([0, 8, 16].map((field) => out.readBigUInt64LE(at + field))).toEqual([2n ** 40n, 0n, 700n]);
      // The next record begins right behind it.
      expect(out.readUInt16LE(at + 24)).toBe(3);
    }
  });

  it.each<[string, WireLayout, Uint8Array, number]>([
    ['a later layout knows no time', after, timedBefore(['a', '/x', '']), 48 + 3],
    ['the record has none', { ...after, time: timeAfter }, spanBefore(['a', '/x', '']), 48 + 3],
  ])('leaves it out where %s', (_, to, record, size) => {
    const out = Buffer.from(
      new RecordConverter({ ...before, time: timeBefore }, to).convert(bufferOf(record)),
    );
    expect([out.readUInt32LE(4), out.length]).toEqual([size, 56]);
    expect(out.toString('latin1', 48, 51)).toBe('/xa');
  });

  it('makes a damaged record of one that says that it has a time, of which its layout knows nothing', () => {
    expect(convert(timedBefore(['a', '/x', ''])).length).toBe(16);
  });

  it('takes the records of a batch one after the other', () => {
    const out = convert(exitBefore(), spanBefore(['b', '', '']), exitBefore());
    expect([0, 32, 32 + 56].map((at) => out.readUInt16LE(at))).toEqual([3, 1, 3]);
    expect([out.readBigUInt64LE(16), out.readUInt32LE(24), out.readUInt32LE(28)]).toEqual([0n, 42, 7]);
    expect(out.length).toBe(32 + 56 + 32);
  });

  it('leaves a kind that it does not know to the decoder', () => {
    const unknown = exitBefore();
    unknown[0] = 77;
    expect(convert(unknown).equals(unknown)).toBe(true);
  });

  it.each([
    ['is shorter than its kind', exitBefore().subarray(0, 24), 16],
    ['has texts that do not sum up', spanBefore(['abc']), 42],
    ['is of a family that is not known', spanBefore(['abc'], 0, 5), undefined],
  ])('makes a damaged record of one that %s', (_, record, size) => {
    if (size !== undefined) Buffer.from(record.buffer, record.byteOffset).writeUInt32LE(size, 4);
    const out = convert(size === 16 ? record.subarray(0, 16) : record);
    expect([out.length, out.readUInt32LE(4)]).toEqual([16, 16]);
  });

  it('never throws on records of random bytes, and the decoder says something of each batch', {
    timeout: fuzzTimeoutMilliseconds,
  }, () => {
    const random = new Random(11);
    const converter = new RecordConverter(before);
    for (let round = fuzzInputs(10_000); round > 0; round--) {
      const record = spanBefore(['host', '/path', 'x']);
      for (let changes = random.below(6); changes > 0; changes--) record[random.below(48)] = random.u32();
      let seen = 0;
      const count = (): void => void seen++;
      decodeBatch(batchOf(converter.convert(bufferOf(record, exitBefore()))), {
        spanEnd: count,
        processExec: count,
        processExit: count,
        bad: count,
      });
      if (seen === 0) throw new Error('nothing was said');
    }
  });
});
