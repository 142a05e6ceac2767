import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { describe, expect, it } from 'vitest';
import { requestOfJson } from '../../src/receiver/json-request.ts';
import { randomSpan } from '../otlp/spans.ts';
import { decodeRequest, spansOf } from '../support/otlp-proto.ts';
import { Random } from '../support/random.ts';

const textOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('utf8');

describe('a request in JSON', () => {
  it('says what the same request says in protobuf, for spans of every shape', () => {
    const random = new Random(15);
    for (let round = 0; round < 40; round++) {
      const spans = Array.from({ length: 1 + random.below(20) }, () => randomSpan(random)) as never;
      const json = textOf(JsonTraceSerializer.serializeRequest(spans));
      const protobuf = ProtobufTraceSerializer.serializeRequest(spans) as Uint8Array;
      expect(decoded(requestOfJson(json))).toEqual(decoded(protobuf));
    }
  });

  it.each([
    ['names of enums', { kind: 'SPAN_KIND_CLIENT', status: { code: 'STATUS_CODE_ERROR' } }],
    ['numbers of enums', { kind: 3, status: { code: 2 } }],
  ])('may have %s', (_, told) => {
    const [span] = spansOf(requestOfJson(requestWith(told)));
    expect(span).toMatchObject({ kind: 3, status: { code: 2 } });
  });

  it('may have times and integers as numbers', () => {
    const attributes = [
      { key: 'a', value: { intValue: 7 } },
      { key: 'b', value: { intValue: '-7' } },
    ];
    const [span] = spansOf(requestOfJson(requestWith({ startTimeUnixNano: 1_000_000, attributes })));
    expect(span).toMatchObject({
      startTimeUnixNano: '1000000',
      attributes: [{ value: { int: '7' } }, { value: { int: '-7' } }],
    });
  });

  it.each([
    [
      'of another type',
      requestWith({ name: 7, kind: {}, startTimeUnixNano: 'soon', attributes: 'none', events: [1] }),
    ],
    ['that nobody knows', requestWith({ somethingNew: [{}] })],
    ['that are null', requestWith({ name: null, links: null, status: null, attributes: [null] })],
  ])('loses no span by members %s', (_, json) => {
    expect(spansOf(requestOfJson(json))).toHaveLength(1);
  });

  it('is cut where its values are deeper than anybody sends them', () => {
    const deep = `${'{"arrayValue":{"values":['.repeat(50_000)}${']}}'.repeat(50_000)}`;
    const json = requestWith({ attributes: [{ key: 'k', value: 'DEEP' }] }).replace('"DEEP"', deep);
    const bytes = requestOfJson(json);
    expect(spansOf(bytes)).toHaveLength(1);
    expect(bytes.length).toBeLessThan(400);
  });

  it.each([
    ['', SyntaxError],
    ['{"resourceSpans":', SyntaxError],
    ['[]', TypeError],
    ['7', TypeError],
    ['null', TypeError],
  ])('is none if it is %s', (text, kind) => {
    expect(() => requestOfJson(text)).toThrow(kind);
  });
});

function requestWith(told: object): string {
  const span = { traceId: '0'.repeat(31) + 1, spanId: '0'.repeat(15) + 1, name: 'a', ...told };
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
}

/** Without doubles: JSON has no infinities, and the stock serializer writes none. */
function decoded(bytes: Uint8Array): unknown {
  const text = JSON.stringify(decodeRequest(Buffer.from(bytes)), (key, value) =>
    key === 'double' ? undefined : value,
  );
  return JSON.parse(text);
}
