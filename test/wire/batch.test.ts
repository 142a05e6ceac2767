import { describe, expect, it } from 'vitest';
import { count64, ktime, s64, spanId, traceId } from '../../src/wire/batch.ts';
import { Random } from '../support/random.ts';

/** A 64-bit value as it stands in a batch, after 8 bytes of something else. */
function words(value: bigint): Uint32Array {
  const u32 = new Uint32Array(4).fill(0xffff_ffff);
  new BigUint64Array(u32.buffer)[1] = BigInt.asUintN(64, value);
  return u32;
}

const TWO_53 = 2n ** 53n;

function edges(max: bigint): bigint[] {
  const near = [0n, 2n ** 31n, 2n ** 32n, 2n ** 33n, 10n ** 9n, 4n * 10n ** 9n, max];
  const random = new Random(7);
  const some = Array.from({ length: 10_000 }, () => (BigInt(random.u32()) << 32n) | BigInt(random.u32()));
  const shifted = some.map((value, index) => value >> BigInt(index % 64));
  return [...near.flatMap((value) => [value - 1n, value, value + 1n]), ...shifted].filter(
    (value) => value >= 0n && value <= max,
  );
}

describe('count64', () => {
  it('is exact up to 2^53', () => {
    for (const value of edges(TWO_53)) expect(BigInt(count64(words(value), 8))).toBe(value);
  });

  it('is the nearest number above', () => {
    expect(count64(words(2n ** 64n - 1n), 8)).toBe(2 ** 64);
    expect(count64(words(TWO_53 + 1n), 8)).toBe(2 ** 53);
  });
});

describe('s64', () => {
  it('is exact within ±2^53', () => {
    for (const value of edges(TWO_53)) {
      expect(BigInt(s64(words(value), 8))).toBe(value);
      expect(BigInt(s64(words(-value), 8))).toBe(-value);
    }
  });

  it('knows -1 and the least value', () => {
    expect(s64(words(-1n), 8)).toBe(-1);
    expect(s64(words(-(2n ** 63n)), 8)).toBe(-(2 ** 63));
  });
});

describe('ktime', () => {
  it('splits into whole seconds and nanoseconds, exactly, for four years of uptime', () => {
    const fourYears = 4n * 365n * 86_400n * 1_000_000_000n;
    for (const value of edges(fourYears)) {
      const [seconds, nanos] = ktime(words(value), 8);
      expect([BigInt(seconds), BigInt(nanos)]).toEqual([value / 1_000_000_000n, value % 1_000_000_000n]);
    }
  });

  it('never gives a nanosecond part that is out of range', () => {
    const [seconds, nanos] = ktime(words(2n ** 64n - 1n), 8);
    expect(Number.isInteger(seconds) && nanos >= 0 && nanos < 1e9).toBe(true);
  });
});

describe('ids', () => {
  it('keep the order of their bytes', () => {
    const u8 = Uint8Array.from({ length: 24 }, (_, index) => 0xf0 - 7 * index);
    const hex = (from: number, bytes: number): string =>
      Buffer.from(u8.subarray(from, from + bytes)).toString('hex');
    const text = (id: readonly number[]): string =>
      id.map((word) => word.toString(16).padStart(8, '0')).join('');
    expect(text(traceId(u8, 4))).toBe(hex(4, 16));
    expect(text(spanId(u8, 3))).toBe(hex(3, 8));
  });
});
