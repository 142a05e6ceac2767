import { expect, it } from 'vitest';
import { spanFact } from '../../src/correlate/span-fact.ts';
import { completed } from '../../src/correlate/unfinished.ts';
import { decodeBatch } from '../../src/wire/decode.ts';
import { rawSpan } from './raw-record.ts';

const open = rawSpan('http', { span_kind: 1, start_ktime_ns: 100e9 }, { method: 'GET', path: '/' });
const bytes = Uint8Array.from(open).buffer;

it('says when and how a span came to its end that was still open', () => {
  const facts: unknown[] = [];
  decodeBatch(completed(bytes, { end: [200, 1], ending: 'goroutine_exited' }), {
    spanEnd: (record) => facts.push(spanFact(record)),
    bad: (reason) => expect.fail(reason),
  });
  expect(facts).toMatchObject([{ start: [100, 0], end: [200, 1], ending: 'goroutine_exited' }]);
});

it('leaves the record as it was', () => {
  completed(bytes, { end: [200, 1], ending: 'process_exited' });
  expect(new Uint8Array(bytes)).toEqual(Uint8Array.from(open));
});

it('leaves a record that is too short to its reader', () => {
  const bad: string[] = [];
  decodeBatch(completed(new ArrayBuffer(8), { end: [1, 0], ending: 'process_exited' }), {
    bad: (reason) => bad.push(reason),
  });
  expect(bad).toEqual(['record_damaged']);
});
