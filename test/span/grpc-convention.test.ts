import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import type { GrpcCall } from '../../src/correlate/grpc-call.ts';
import { metricOfCall } from '../../src/span/describe-span.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { toSpan } from '../../src/span/to-span.ts';
import { makeGrpcFact, makeSource } from './fact.ts';

const spanOf = (grpc: Partial<GrpcCall> = {}, more: Parameters<typeof makeGrpcFact>[0] = {}): ReadableSpan =>
  toSpan(makeGrpcFact(more, grpc), makeSource());

describe('a call of gRPC', () => {
  it('that is made is described by the stable names of the RPC conventions', () => {
    const span = spanOf({ streaming: 'bidi', resendCount: 2 });
    expect([span.kind, span.name]).toEqual([SpanKind.CLIENT, 'shop.Orders/Get']);
    expect(span.status).toEqual({ code: SpanStatusCode.UNSET });
    expect(span.attributes).toEqual({
      'rpc.system.name': 'grpc',
      'rpc.method': 'shop.Orders/Get',
      'rpc.status_code': 'OK',
      'server.address': 'shop.example',
      'server.port': 50051,
      'network.peer.address': '10.0.0.7',
      'network.peer.port': 50051,
      'goidspan.rpc.streaming': 'bidi',
      'goidspan.rpc.resend_count': 2,
      'goidspan.goid': 18,
      'thread.id': 4243,
    });
    expect(metricOfCall(makeGrpcFact())?.name).toBe('rpc.client.call.duration');
  });

  it('that is served says who has made it', () => {
    const span = spanOf({ target: undefined }, { spanKind: 'server' });
    expect([span.kind, span.name]).toEqual([SpanKind.SERVER, 'shop.Orders/Get']);
    expect(span.attributes).toMatchObject({ 'client.address': '10.0.0.7', 'network.peer.port': 50051 });
    expect(span.attributes).not.toHaveProperty('server.address');
    expect(metricOfCall(makeGrpcFact({ spanKind: 'server' }))?.name).toBe('rpc.server.call.duration');
  });

  it('of a method that the server does not have is named by none', () => {
    const span = spanOf({ method: '/any/text', methodIsUnknown: true, code: 12 }, { spanKind: 'server' });
    expect(span.name).toBe('grpc');
    expect(span.attributes).toMatchObject({ 'rpc.method': '_OTHER', 'rpc.method_original': 'any/text' });
  });

  it('leaves out what is not known', () => {
    const nothing = { method: undefined, target: undefined, code: undefined, peer: undefined } as const;
    const { name, attributes } = spanOf(nothing);
    expect([name, attributes]).toEqual([
      'grpc',
      { 'rpc.system.name': 'grpc', 'goidspan.goid': 18, 'thread.id': 4243 },
    ]);
  });

  it.each<[number, string, isServerError: boolean]>([
    [1, 'CANCELLED', false],
    [2, 'UNKNOWN', true],
    [3, 'INVALID_ARGUMENT', false],
    [4, 'DEADLINE_EXCEEDED', true],
    [5, 'NOT_FOUND', false],
    [6, 'ALREADY_EXISTS', false],
    [7, 'PERMISSION_DENIED', false],
    [8, 'RESOURCE_EXHAUSTED', false],
    [9, 'FAILED_PRECONDITION', false],
    [10, 'ABORTED', false],
    [11, 'OUT_OF_RANGE', false],
    [12, 'UNIMPLEMENTED', true],
    [13, 'INTERNAL', true],
    [14, 'UNAVAILABLE', true],
    [15, 'DATA_LOSS', true],
    [16, 'UNAUTHENTICATED', false],
    [99, '99', false],
  ])(
    'with the code %i has the status %s, which is an error for its client, for its server: %s',
    (code, name, is) => {
      const sides = (['client', 'server'] as const).map((spanKind) => spanOf({ code }, { spanKind }));
      expect(sides.map(({ attributes }) => attributes['rpc.status_code'])).toEqual([name, name]);
      expect(sides.map(({ attributes }) => attributes['error.type'])).toEqual([name, is ? name : undefined]);
      expect(sides.map(({ status }) => status.code === SpanStatusCode.ERROR)).toEqual([true, is]);
    },
  );
});
