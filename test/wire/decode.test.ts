import { describe, expect, it } from 'vitest';
import { spanFact } from '../../src/correlate/span-fact.ts';
import { batchOf } from '../../src/wire/batch.ts';
import { decodeBatch } from '../../src/wire/decode.ts';
import { evKind, SPAN_BODY_AT, spanBodyBytes, wireLayout, wireSize } from '../../src/wire/wire.gen.ts';
import { fuzzInputs, fuzzTimeoutMilliseconds } from '../support/fuzz.ts';
import { Random } from '../support/random.ts';

const FAMILY = 1;
const TEXT_AT = SPAN_BODY_AT + (spanBodyBytes[FAMILY] as number);
const placeOf = (field: string): number =>
  wireLayout.records[evKind.EV_SPAN_END]?.fields[field]?.[0] as number;
const SIZES_AT = placeOf('text_sizes');

/** A record with that kind and size in its header and `bytes` bytes in all. */
function record(kind: number, size: number, bytes = size): Uint8Array {
  const at = new Uint8Array((bytes + 7) & ~7);
  const view = new DataView(at.buffer);
  if (at.length >= 8) {
    view.setUint16(0, kind, true);
    view.setUint32(4, size, true);
  }
  return at;
}

function spanOfSize(size: number): Uint8Array {
  const at = record(evKind.EV_SPAN_END, size);
  at[placeOf('family')] = FAMILY;
  return at;
}

function spanRecord(texts: readonly number[] = []): Uint8Array {
  const at = spanOfSize(TEXT_AT + texts.reduce((sum, size) => sum + size, 0));
  const view = new DataView(at.buffer);
  texts.forEach((size, index) => {
    view.setUint16(SIZES_AT + 2 * index, size, true);
  });
  return at;
}

function batch(...records: Uint8Array[]): ArrayBuffer {
  return Uint8Array.from(records.flatMap((bytes) => [...bytes])).buffer;
}

/** What the visitor was called with, in order. */
function decode(buffer: ArrayBuffer): string[] {
  const seen: string[] = [];
  decodeBatch(batchOf(buffer), {
    spanEnd: (span) => {
      spanFact(span);
      seen.push('span');
    },
    processExec: () => seen.push('exec'),
    processExit: () => seen.push('exit'),
    gcStop: () => seen.push('stop'),
    goroutineTurns: () => seen.push('turns'),
    bad: (reason) => seen.push(reason),
  });
  return seen;
}

const exec = record(evKind.EV_PROCESS_EXEC, wireSize.EV_PROCESS_EXEC);
const exit = record(evKind.EV_PROCESS_EXIT, wireSize.EV_PROCESS_EXIT);

describe('decodeBatch', () => {
  it('visits the records of a batch in order, each at a multiple of 8 bytes', () => {
    expect(decode(batch(exec, spanRecord([3, 0, 9, 1]), exit, spanRecord()))).toEqual([
      'exec',
      'span',
      'exit',
      'span',
    ]);
  });

  it('has nothing to say about an empty batch', () => {
    expect(decode(new ArrayBuffer(0))).toEqual([]);
  });

  it('counts a record of an unknown kind and goes on behind it', () => {
    expect(decode(batch(record(99, 40), exec))).toEqual(['record_unknown', 'exec']);
    expect(decode(batch(record(0, 16), exec))).toEqual(['record_unknown', 'exec']);
  });

  it('counts a span of an unknown family and goes on behind it', () => {
    const unknown = spanOfSize(TEXT_AT);
    unknown[placeOf('family')] = 99;
    expect(decode(batch(unknown, exec))).toEqual(['record_unknown', 'exec']);
  });

  it.each([
    ['a process record that is too short', record(evKind.EV_PROCESS_EXEC, wireSize.EV_PROCESS_EXEC - 8)],
    ['a process record that is too long', record(evKind.EV_PROCESS_EXIT, wireSize.EV_PROCESS_EXIT + 8)],
    ['a span without its fixed part', record(evKind.EV_SPAN_END, SPAN_BODY_AT - 8)],
    ['a span without its body', spanOfSize(SPAN_BODY_AT)],
    ['a span longer than its texts', spanOfSize(TEXT_AT + 8)],
  ])('counts %s and goes on behind it', (_name, bad) => {
    expect(decode(batch(bad, exit))).toEqual(['record_damaged', 'exit']);
  });

  it('counts a span whose text sizes do not sum up', () => {
    const bad = spanRecord([5, 5]);
    new DataView(bad.buffer).setUint16(SIZES_AT, 6, true);
    expect(decode(batch(bad, exit))).toEqual(['record_damaged', 'exit']);
  });

  it.each([
    ['is shorter than a header', record(evKind.EV_PROCESS_EXEC, 8)],
    ['says that it has no bytes', record(evKind.EV_PROCESS_EXEC, 0, 32)],
    ['is longer than the batch', record(evKind.EV_PROCESS_EXEC, 4096, 32)],
    ['is longer than anything', record(evKind.EV_PROCESS_EXEC, 0xffff_ffff, 32)],
  ])('gives up the batch, counted once, at a record that %s', (_name, bad) => {
    expect(decode(batch(exec, bad))).toEqual(['exec', 'record_damaged']);
  });

  it('never throws on batches of random bytes, and always says something', {
    timeout: fuzzTimeoutMilliseconds,
  }, () => {
    const random = new Random(1);
    for (let i = 0; i < fuzzInputs(30_000); i++) {
      const buffer = new Uint32Array(2 + 2 * random.below(200)).map(() => random.u32());
      // Most start with a header that is taken seriously.
      if (i % 4 > 0) buffer[0] = 1 + random.below(5);
      if (i % 4 > 0) buffer[1] = random.pick([TEXT_AT, 16, 32, buffer.byteLength, random.below(2_000)]);
      const seen = decode(buffer.buffer);
      if (seen.length === 0) throw new Error(`nothing said of batch ${i}`);
    }
  });

  it('never throws on spans of which some bytes were changed', { timeout: fuzzTimeoutMilliseconds }, () => {
    const random = new Random(2);
    const seen = new Map<string, number>();
    for (let i = 0; i < fuzzInputs(30_000); i++) {
      const span = spanRecord(Array.from({ length: 8 }, () => random.below(30)));
      for (let changes = 1 + random.below(4); changes > 0; changes--)
        span[random.below(span.length)] = random.u32();
      for (const what of decode(batch(span, exec))) seen.set(what, (seen.get(what) ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).toEqual(
      expect.arrayContaining(['exec', 'record_damaged', 'record_unknown', 'span']),
    );
  });
});
