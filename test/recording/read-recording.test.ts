import { describe, expect, it } from 'vitest';
import { GoidspanError } from '../../src/errors.ts';
import { BINARY_BYTES_MAX, type Frame, HEADER_BYTES, JSON_BYTES_MAX } from '../../src/recording/format.ts';
import { frameBytes, headerBytes } from '../../src/recording/write-frame.ts';
import { fuzzInputs, fuzzTimeoutMilliseconds } from '../support/fuzz.ts';
import { Random } from '../support/random.ts';
import { frames, readAll, recordingOf, start } from './frames.ts';

const whole = recordingOf(frames);

describe('readRecording', () => {
  it.each([1, 7, 16, 64, 100_000])(
    'gives back what was written, in chunks of %d bytes',
    async (chunkBytes) => {
      expect(await readAll(whole, chunkBytes)).toEqual({ frames, end: 'complete' });
    },
  );

  it('gives binary parts a buffer of their own, so that views of any width fit', async () => {
    const { frames: read } = await readAll(whole, 11);
    for (const frame of read) {
      if (frame.kind === 'batch') expect(new Uint32Array(frame.bytes)).toHaveLength(10);
    }
  });

  it('ends at the last whole frame, wherever the file was cut', async () => {
    const ends = frames.map((_, index) => recordingOf(frames.slice(0, index + 1)).length);
    for (let length = ends[0] as number; length < whole.length; length++) {
      const { frames: read, end } = await readAll(whole.subarray(0, length));
      expect(end).toBe('cut_short');
      expect(read).toHaveLength(ends.filter((at) => at <= length).length);
    }
  });

  it('ends before a frame of which any byte has changed', async () => {
    const from = recordingOf(frames.slice(0, 5)).length;
    const until = recordingOf(frames.slice(0, 6)).length;
    for (let at = from; at < until; at++) {
      const damaged = Buffer.from(whole);
      damaged.writeUInt8((damaged[at] as number) ^ 0x40, at);
      const { frames: read, end } = await readAll(damaged);
      expect({ at, read: read.length, isWhole: end === 'complete' }).toEqual({ at, read: 5, isWhole: false });
    }
  });

  it.each<[string, Frame]>([
    ['a time with a fraction', { kind: 'clock', offset: [0.5, 1] }],
    ['a time with too many nanoseconds', { kind: 'clock', offset: [1, 1e9] }],
    [
      'an ending that does not exist',
      { kind: 'span', end: [1, 1], ending: 'toString' as never, bytes: new ArrayBuffer(8) },
    ],
    ['records that are not aligned', { kind: 'batch', bytes: new ArrayBuffer(12) }],
    ['an attribute that is an object', { ...frames[2], attributes: { a: {} } } as never],
    ['a shortest wait that is none', { ...frames[2], waitMinNs: -1 } as never],
  ])('takes %s for damage', async (_, frame) => {
    expect(await readAll(recordingOf([start, frame, ...frames.slice(1)]))).toEqual({
      frames: [start],
      end: 'damaged',
    });
  });

  it('believes no size that is larger than a frame can be', async () => {
    const frame = frameBytes(frames[5] as Frame);
    for (const [at, size] of [
      [4, JSON_BYTES_MAX + 1],
      [8, BINARY_BYTES_MAX + 1],
      [8, 0xffff_ffff],
    ] as const) {
      const hostile = Buffer.from(frame);
      hostile.writeUInt32LE(size, at);
      expect(await readAll(Buffer.concat([recordingOf([start]), hostile]))).toMatchObject({ end: 'damaged' });
    }
  });

  it.each<[string, Uint8Array, string]>([
    [
      'a file of another kind',
      Buffer.from('#!/bin/sh\necho this is no recording\n'),
      'cannot replay a.rec: it is not a recording (name a file that goidspan record has written)',
    ],
    [
      'an empty file',
      new Uint8Array(),
      'cannot replay a.rec: it is not a recording (name a file that goidspan record has written)',
    ],
    [
      'another format version',
      Buffer.concat([headerBytes(2), whole.subarray(HEADER_BYTES)]),
      'cannot replay a.rec: its format has version 2, and this goidspan reads version 1 (use the goidspan that recorded it)',
    ],
    [
      'a record layout that is not known',
      recordingOf([{ ...start, version: '0.9.0', wireHash: '0123456789abcdef' }]),
      'cannot replay a.rec: its records have layout 0123456789abcdef, which this goidspan does not know (use goidspan 0.9.0, which recorded it)',
    ],
    [
      'a layout that says of the time of spans what is none',
      recordingOf([
        {
          ...start,
          wireHash: '0123456789abcdef',
          layout: { records: {}, families: {}, time: { bytes: 8 } as never },
        },
      ]),
      'cannot replay a.rec: its first frame is missing or damaged (record again)',
    ],
    [
      'a recording without its first frame',
      recordingOf(frames.slice(1)),
      'cannot replay a.rec: it does not say who recorded it (record again)',
    ],
    [
      'a recording that ends in its first frame',
      whole.subarray(0, 60),
      'cannot replay a.rec: its first frame is missing or damaged (record again)',
    ],
  ])('refuses %s by name', async (_, bytes, message) => {
    const error = await readAll(bytes).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(GoidspanError);
    expect(error).toMatchObject({ code: 'bad_recording', message });
  });

  it('survives random damage: frames, an end, or a named refusal', {
    timeout: fuzzTimeoutMilliseconds,
  }, async () => {
    const random = new Random(5);
    for (let round = 0; round < fuzzInputs(20_000); round++) {
      const bytes = Buffer.from(whole.subarray(0, 1 + random.below(whole.length)));
      for (let change = random.below(4); change >= 0; change--)
        bytes[random.below(bytes.length)] = random.u32();
      try {
        const { frames: read, end } = await readAll(bytes, 1 + random.below(200));
        expect(['complete', 'cut_short', 'damaged']).toContain(end);
        expect(read.length).toBeLessThanOrEqual(frames.length);
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad_recording' });
      }
    }
  });
});
