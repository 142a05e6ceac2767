import { describe, expect, it } from 'vitest';
import { readExportResponse, readStatus } from '../../src/otlp-client/response.ts';
import { fuzz, fuzzTimeoutMilliseconds, mutations } from '../support/fuzz.ts';
import { statusMessage } from '../support/scripted-sink.ts';

function bytes(...values: (number | string)[]): Uint8Array {
  return Buffer.concat(values.map((value) => Buffer.from(typeof value === 'string' ? value : [value])));
}

const NEGATIVE = [255, 255, 255, 255, 255, 255, 255, 255, 255, 1];

describe('readExportResponse', () => {
  it.each([
    [bytes(), { rejectedItems: 0, message: '' }],
    [bytes(0x0a, 0), { rejectedItems: 0, message: '' }],
    [bytes(0x0a, 3, 0x08, 0x96, 0x01), { rejectedItems: 150, message: '' }],
    [bytes(0x0a, 4, 0x12, 2, 'hi'), { rejectedItems: 0, message: 'hi' }],
    [bytes(0x0a, 5, 0x08, 1, 0x12, 1, '\n'), { rejectedItems: 1, message: '' }],
    [bytes(0x0a, 11, 0x08, ...NEGATIVE), { rejectedItems: 0, message: '' }],
    [bytes(0x15, 1, 2, 3, 4, 0x19, 1, 2, 3, 4, 5, 6, 7, 8), { rejectedItems: 0, message: '' }],
    [bytes(0x0a, 4, 0x12, 2, 0xff, 0xff), { rejectedItems: 0, message: '\ufffd\ufffd' }],
  ])('of %o is %j', (message, expected) => {
    expect(readExportResponse(message)).toEqual(expected);
  });

  it.each([
    ['a length beyond the end', bytes(0x0a, 5, 1)],
    ['a huge length', bytes(0x0a, ...NEGATIVE)],
    ['an endless varint', bytes(0x08, ...NEGATIVE.map(() => 0x80), 0x80)],
    ['a cut varint', bytes(0x08, 0x80)],
    ['a group', bytes(0x0b, 0x0c)],
    ['field number 0', bytes(0x02, 0)],
    ['a broken partial_success', bytes(0x0a, 2, 0x12, 9)],
    ['thousands of fields', Buffer.alloc(10_000, Buffer.from([0x08, 0]))],
  ])('of %s is nothing', (_, message) => {
    expect(readExportResponse(message)).toBeUndefined();
  });
});

describe('readStatus', () => {
  it.each([
    [bytes(), { code: 0, message: '', retryAfterMs: undefined }],
    [statusMessage(14, 'later'), { code: 14, message: 'later', retryAfterMs: undefined }],
    [statusMessage(8, '', 1_500), { code: 8, message: '', retryAfterMs: 1_500 }],
    [statusMessage(8, '', 0), { code: 8, message: '', retryAfterMs: 0 }],
    [
      Buffer.concat([bytes(0x1a, 3, 0x0a, 1, 'x', 0x1a, 0), statusMessage(8, 'b', 7)]),
      { code: 8, message: 'b', retryAfterMs: 7 },
    ],
  ])('of %o is %j', (message, expected) => {
    expect(readStatus(message)).toEqual(expected);
  });

  it('keeps a line of a long message', () => {
    expect(readStatus(statusMessage(3, 'ü'.repeat(1_000_000)))?.message).toHaveLength(200);
  });

  it('of nothing that is no Status makes anything', () => {
    expect(readStatus(Buffer.from('<html><body>502 Bad Gateway'))).toBeUndefined();
    expect(readStatus(bytes(0x1a, 0x80))).toBeUndefined();
  });
});

it(
  'whatever bytes come, both readers say something sane',
  () => {
    const valid = statusMessage(8, 'some text', 12_345);
    const outcomes = fuzz(20_000, (random) => {
      const message = Buffer.from(valid);
      for (const change of mutations(random, 0, message.length))
        message.set(change.bytes.subarray(0, message.length - change.offset), change.offset);
      const status = readStatus(message);
      const response = readExportResponse(message);
      if (response && !(response.rejectedItems >= 0 && response.message.length <= 200))
        throw new Error('insane');
      if (!status) return 'none';
      if (!(status.message.length <= 200) || (status.retryAfterMs ?? 0) < 0) throw new Error('insane');
      return 'some';
    });
    expect([...outcomes.keys()].sort()).toEqual(['none', 'some']);
  },
  fuzzTimeoutMilliseconds,
);
