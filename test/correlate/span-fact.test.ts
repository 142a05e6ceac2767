import { describe, expect, it } from 'vitest';
import type { SpanFact } from '../../src/correlate/fact.ts';
import { spanFact as anyFact } from '../../src/correlate/span-fact.ts';
import { type EvSpanEnd, httpFlag, spanEnding, spanFlag, spanKind } from '../../src/wire/wire.gen.ts';
import { httpFact } from '../support/http-fact.ts';
import { cutBit, linkTraceId, makeRecord, traceId } from './record.ts';

const spanFact = (record: EvSpanEnd) => httpFact(anyFact(record));
const client = { spanKind: spanKind.SPAN_KIND_CLIENT };

describe('spanFact', () => {
  it('keeps ids, times, goroutine and thread', () => {
    expect(spanFact(makeRecord({ parentGoid: 7 }))).toMatchObject({
      kind: 'span',
      spanKind: 'server',
      family: 'http',
      targetId: 3,
      traceId,
      spanId: [0x00f067aa, 0x0ba902b7],
      traceFlags: 1,
      start: [100, 999_999_000],
      end: [102, 500],
      goid: 18,
      parentGoid: 7,
      threadId: 4243,
      ending: 'returned',
      cut: [],
    });
  });

  it('has no parent, link or status unless the record says so', () => {
    const fact = spanFact(makeRecord({ http: { status: 500 } }));
    expect(fact.parentSpanId).toBeUndefined();
    expect(fact.parentIsRemote).toBe(false);
    expect(fact.link).toBeUndefined();
    expect(fact.body.statusCode).toBeUndefined();
  });

  it.each<[string, number, Partial<SpanFact>]>([
    [
      'a local parent',
      spanFlag.SPAN_FLAG_PARENT,
      { parentSpanId: [0xb7ad6b71, 0x69203331], parentIsRemote: false },
    ],
    [
      'a remote parent',
      spanFlag.SPAN_FLAG_PARENT | spanFlag.SPAN_FLAG_PARENT_REMOTE,
      { parentSpanId: [0xb7ad6b71, 0x69203331], parentIsRemote: true },
    ],
    ['a link', spanFlag.SPAN_FLAG_LINK, { link: { traceId: linkTraceId, spanId: [5, 6] } }],
  ])('reads the flag of %s', (_name, flags, want) => {
    expect(spanFact(makeRecord({}, {}, flags))).toMatchObject(want);
  });

  it('reads the flags of TLS and status', () => {
    const { body } = spanFact(
      makeRecord({ http: { status: 204 } }, {}, httpFlag.HTTP_FLAG_TLS | httpFlag.HTTP_FLAG_STATUS),
    );
    expect(body).toMatchObject({ scheme: 'https', statusCode: 204 });
    expect(spanFact(makeRecord()).body.scheme).toBe('http');
  });

  it.each<[number, SpanFact['ending']]>([
    [spanEnding.ENDING_RETURNED, 'returned'],
    [spanEnding.ENDING_PANICKED, 'panicked'],
    [spanEnding.ENDING_HIJACKED, 'hijacked'],
    [spanEnding.ENDING_DISCONNECTED, 'disconnected'],
    [spanEnding.ENDING_GOROUTINE_EXITED, 'goroutine_exited'],
    [spanEnding.ENDING_PROCESS_EXITED, 'process_exited'],
  ])('reads ending %i as %s', (ending, want) => {
    expect(spanFact(makeRecord({ ending })).ending).toBe(want);
  });

  it('takes every string from its place', () => {
    const texts = {
      method: 'POST',
      scheme: 'ws',
      host: 'shop:80',
      path: '/é',
      query: 'a=1',
      peer: '[::1]:5',
      traceState: 'a=1',
      pattern: 'POST /é',
    };
    const fact = spanFact(makeRecord(client, texts));
    expect(fact.body).toMatchObject({
      method: 'POST',
      scheme: 'ws',
      host: 'shop:80',
      path: '/é',
      query: 'a=1',
    });
    expect(fact.body).toMatchObject({ peer: '[::1]:5', pattern: 'POST /é' });
    expect(fact.traceState).toBe('a=1');
  });

  it.each([
    ['00000000000000000000ffff7f0000011f90', '127.0.0.1:8080'],
    ['20010db8000000000000000000000001ffff', '[2001:db8::1]:65535'],
    ['20010db8', undefined],
  ])('reads a peer that is told as bytes: %s', (peer, want) => {
    const fact = spanFact(
      makeRecord({}, { peer }, httpFlag.HTTP_FLAG_PEER_HEX | httpFlag.HTTP_FLAG_UNCHECKED),
    );
    expect(fact.body).toMatchObject({ peer: want, isUnchecked: true });
  });

  it('leaves out strings that are empty, takes GET for no method and an empty path for no path', () => {
    const { body } = spanFact(makeRecord());
    expect(body).toMatchObject({ method: 'GET', path: '' });
    expect([body.host, body.query, body.pattern, body.peer]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('replaces bytes that are no UTF-8', () => {
    expect(spanFact(makeRecord({}, { path: Uint8Array.of(0x2f, 0xff, 0x61) })).body.path).toBe('/\ufffda');
  });

  it('names the strings that were cut, in their order', () => {
    const cut = cutBit('pattern') | cutBit('method') | cutBit('traceState');
    expect(spanFact(makeRecord({ textCut: cut })).cut).toEqual(['method', 'pattern', 'traceState']);
  });

  it.each([
    ['a=1,b=2,c=partia', 'a=1,b=2'],
    ['a=1,', 'a=1'],
    ['a=all-of-one', undefined],
    ['', undefined],
  ])('drops the last member of the cut tracestate %j', (text, want) => {
    const textCut = cutBit('traceState');
    expect(spanFact(makeRecord({ textCut }, { traceState: text })).traceState).toBe(want);
  });

  it.each([
    [11, 1, 1],
    [10, 1, 0],
    [20, 2, 0],
    [0, 0, 0],
  ])('splits protocol %i', (protocol, protocolMajor, protocolMinor) => {
    expect(spanFact(makeRecord({ http: { protocol } })).body).toMatchObject({ protocolMajor, protocolMinor });
  });

  it('tells the body bytes of a server span, when they are known', () => {
    expect(spanFact(makeRecord({ http: { bodyBytes: 0 } })).body.responseBodyBytes).toBe(0);
    expect(spanFact(makeRecord({ http: { bodyBytes: -1 } })).body.responseBodyBytes).toBeUndefined();
    expect(
      spanFact(makeRecord({ ...client, http: { bodyBytes: 5 } })).body.responseBodyBytes,
    ).toBeUndefined();
  });

  it('tells resends only of a client call that succeeded in the end', () => {
    expect(spanFact(makeRecord({ ...client, http: { resends: 2 } })).body.resendCount).toBe(2);
    expect(spanFact(makeRecord({ ...client, http: { resends: 0 } })).body.resendCount).toBeUndefined();
    expect(
      spanFact(makeRecord({ ...client, http: { resends: 2 }, errorTypeAddr: 0x6c0ffe })).body.resendCount,
    ).toBeUndefined();
    expect(spanFact(makeRecord({ http: { resends: 2 } })).body.resendCount).toBeUndefined();
  });

  it('keeps the address of the error type', () => {
    expect(spanFact(makeRecord({ ...client, errorTypeAddr: 0x6c0ffe })).errorTypeAddr).toBe(0x6c0ffe);
  });

  it('copies what it keeps, since the record is a view into a batch that is used again', () => {
    const record = makeRecord({}, { path: '/kept' });
    const fact = spanFact(record);
    record.text.fill(0);
    expect(fact.body.path).toBe('/kept');
  });
});
