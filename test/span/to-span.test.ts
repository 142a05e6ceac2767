import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan as SdkReadableSpan } from '@opentelemetry/sdk-trace-base';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { HttpExchange } from '../../src/correlate/http-exchange.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { toSpan } from '../../src/span/to-span.ts';
import type { HttpFact } from '../support/http-fact.ts';
import { BOOT_UNIX_SECONDS, makeFact, makeSource } from './fact.ts';

const source = makeSource();

function spanOf(more: Partial<HttpFact> = {}, http: Partial<HttpExchange> = {}): ReadableSpan {
  return toSpan(makeFact(more, http), source);
}

function serverOf(http: Partial<HttpExchange>): ReadableSpan['attributes'] {
  return spanOf({}, http).attributes;
}

function clientOf(http: Partial<HttpExchange>): ReadableSpan['attributes'] {
  return spanOf({ spanKind: 'client' }, http).attributes;
}

describe('a span', () => {
  it('is a ReadableSpan of the SDK', () => {
    expectTypeOf<ReadableSpan>().toExtend<SdkReadableSpan>();
    expectTypeOf<SdkReadableSpan>().toExtend<ReadableSpan>();
  });

  it('has lower-case hex ids, also with leading zeros and high bits', () => {
    const context = spanOf({ traceId: [1, 0x80000000, -1, 0xabcdef], spanId: [0, 0xff] }).spanContext();
    expect(context).toEqual({
      traceId: '0000000180000000ffffffff00abcdef',
      spanId: '00000000000000ff',
      traceFlags: 1,
      isRemote: false,
    });
  });

  it('of a request of which the SDK in the program has told is what the runtime knows of it', () => {
    const parentSpanId = [7, 8] as const;
    const span = spanOf(
      { sdk: 'same', parentSpanId, errorTypeAddr: 0 },
      {
        pattern: 'GET /items/{id}',
        path: '/items/7',
        query: 'a=1',
        statusCode: 500,
        host: 'shop',
        peer: '::1:5',
      },
    );
    expect([span.name, span.kind, span.status.code]).toEqual([
      'runtime GET /items/{id}',
      SpanKind.INTERNAL,
      SpanStatusCode.UNSET,
    ]);
    expect(span.parentSpanContext).toMatchObject({ spanId: '0000000700000008', isRemote: false });
    const said = Object.keys(span.attributes).filter((name) => !/^(goidspan|thread)\./.test(name));
    expect(said.filter((name) => !name.startsWith('network.'))).toEqual([
      'http.request.method',
      'http.route',
    ]);
    expect(span.attributes['goidspan.sdk']).toBe('same');
  });

  it('has Unix times and a duration in integers', () => {
    const span = spanOf();
    expect(span.startTime).toEqual([BOOT_UNIX_SECONDS + 100, 999_999_000]);
    expect(span.endTime).toEqual([BOOT_UNIX_SECONDS + 102, 500]);
    expect(span.duration).toEqual([1, 1_500]);
  });

  it('never lasts less than nothing', () => {
    expect(spanOf({ start: [5, 2], end: [5, 1] }).duration).toEqual([0, 0]);
  });

  it('is ended, whole, and carries resource and scope by identity', () => {
    const span = spanOf();
    expect(span).toMatchObject({
      ended: true,
      events: [],
      links: [],
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    });
    expect(span.resource).toBe(source.resource);
    expect(span.instrumentationScope).toBe(source.scope);
  });

  it('is the root of its trace without a parent', () => {
    expect(spanOf()).not.toHaveProperty('parentSpanContext');
  });

  it('has a remote parent with its trace state', () => {
    const span = spanOf({ parentSpanId: [0, 7], parentIsRemote: true, traceState: 'vendor=a,other=b' });
    expect(span.parentSpanContext).toMatchObject({
      traceId: span.spanContext().traceId,
      spanId: '0000000000000007',
      isRemote: true,
    });
    expect(span.parentSpanContext?.traceState?.serialize()).toBe('vendor=a,other=b');
    expect(span.spanContext().traceState?.get('other')).toBe('b');
    expect(span.spanContext().isRemote).toBe(false);
  });

  it('has a local parent that is not remote', () => {
    expect(spanOf({ parentSpanId: [0, 7] }).parentSpanContext?.isRemote).toBe(false);
  });

  it('links to the ended span whose context it inherited', () => {
    expect(spanOf({ link: { traceId: [0, 0, 0, 1], spanId: [0, 2] } }).links).toEqual([
      {
        context: {
          traceId: '00000000000000000000000000000001',
          spanId: '0000000000000002',
          traceFlags: 1,
          isRemote: false,
        },
        attributes: { 'goidspan.link.reason': 'parent_ended' },
      },
    ]);
  });

  it('names goroutine and thread, and what is unusual', () => {
    expect(spanOf().attributes).toMatchObject({ 'goidspan.goid': 18, 'thread.id': 4243 });
    for (const name of ['goidspan.parent_goid', 'goidspan.span.ending', 'goidspan.cut']) {
      expect(spanOf().attributes).not.toHaveProperty(name);
    }
    expect(spanOf({ parentGoid: 7, ending: 'hijacked', cut: ['path', 'host'] }).attributes).toMatchObject({
      'goidspan.parent_goid': 7,
      'goidspan.span.ending': 'hijacked',
      'goidspan.cut': ['path', 'host'],
    });
  });

  it('names no thread when none ended it', () => {
    expect(spanOf({ threadId: 0, ending: 'process_exited' }).attributes).not.toHaveProperty('thread.id');
  });

  it('is taken by the serializer of the SDK', () => {
    const spans = [spanOf(), spanOf({ spanKind: 'client', link: { traceId: [0, 0, 0, 1], spanId: [0, 2] } })];
    expect(ProtobufTraceSerializer.serializeRequest(spans)?.length).toBeGreaterThan(200);
  });
});

describe('a server span', () => {
  it('describes the request by the stable names of the HTTP conventions', () => {
    const span = spanOf(
      {},
      {
        scheme: 'https',
        host: 'shop.example:8443',
        path: '/items/a b',
        query: 'q=1&sig=secret',
        pattern: 'GET shop.example/items/{id}',
        statusCode: 200,
        protocolMajor: 2,
        protocolMinor: 0,
        responseBodyBytes: 512,
        peer: '192.0.2.7:50123',
      },
    );
    expect(span.kind).toBe(SpanKind.SERVER);
    expect(span.name).toBe('GET /items/{id}');
    expect(span.status).toEqual({ code: SpanStatusCode.UNSET });
    expect(span.attributes).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'network.protocol.version': '2',
      'url.scheme': 'https',
      'url.path': '/items/a%20b',
      'url.query': 'q=1&sig=REDACTED',
      'http.route': '/items/{id}',
      'server.address': 'shop.example',
      'server.port': 8443,
      'client.address': '192.0.2.7',
      'network.peer.address': '192.0.2.7',
      'network.peer.port': 50123,
      'http.response.body.size': 512,
      'goidspan.goid': 18,
      'thread.id': 4243,
    });
  });

  it('leaves out what is not known', () => {
    expect(serverOf({})).toEqual({
      'http.request.method': 'GET',
      'network.protocol.version': '1.1',
      'url.scheme': 'http',
      'url.path': '/',
      'goidspan.goid': 18,
      'thread.id': 4243,
    });
  });

  it('names no port that the Host does not name, and no address for a Unix socket', () => {
    expect(serverOf({ host: 'shop.example' })).not.toHaveProperty('server.port');
    expect(serverOf({ peer: '@' })).not.toHaveProperty('client.address');
  });

  it.each([
    ['GET', 'GET /a', 'GET', undefined],
    ['get', 'HTTP /a', '_OTHER', 'get'],
    ['PROPFIND', 'HTTP /a', '_OTHER', 'PROPFIND'],
    ['', 'HTTP /a', '_OTHER', undefined],
  ])('with method %j is named %j', (method, name, recorded, original) => {
    const span = spanOf({}, { method, pattern: '/a' });
    expect(span.name).toBe(name);
    expect(span.attributes['http.request.method']).toBe(recorded);
    expect(span.attributes['http.request.method_original']).toBe(original);
  });

  it('is named by its method alone without a pattern', () => {
    expect(spanOf({}, { path: '/users/17' }).name).toBe('GET');
  });

  it.each([
    [200, undefined],
    [302, undefined],
    [404, undefined],
    [499, undefined],
    [500, '500'],
    [503, '503'],
  ])('with status %i has error.type %s and no description', (statusCode, errorType) => {
    const span = spanOf({}, { statusCode });
    expect(span.attributes['error.type']).toBe(errorType);
    expect(span.status).toEqual({ code: errorType ? SpanStatusCode.ERROR : SpanStatusCode.UNSET });
  });

  it.each([
    ['panicked', 'panic'],
    ['disconnected', 'client_disconnected'],
    ['goroutine_exited', 'goroutine_exited'],
    ['process_exited', 'process_exited'],
  ] as const)('that %s is an error with a description', (ending, errorType) => {
    const span = spanOf({ ending }, { statusCode: 200 });
    expect(span.attributes).toMatchObject({ 'error.type': errorType, 'goidspan.span.ending': ending });
    expect(span.status).toMatchObject({
      code: SpanStatusCode.ERROR,
      message: expect.stringMatching(/^the /),
    });
  });

  it('that was hijacked is no error', () => {
    const span = spanOf({ ending: 'hijacked' }, { statusCode: 101 });
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
    expect(span.attributes).not.toHaveProperty('error.type');
  });
});

describe('a client span', () => {
  it('that a panic has left names the call, and a server span the handler', () => {
    const messageOf = (spanKind: 'client' | 'server') =>
      spanOf({ spanKind, ending: 'panicked' }, {}).status.message;
    expect(messageOf('client')).toBe('the call panicked or called runtime.Goexit');
    expect(messageOf('server')).toBe('the handler panicked or called runtime.Goexit');
  });

  it('describes the request by the stable names of the HTTP conventions', () => {
    const span = spanOf(
      { spanKind: 'client' },
      {
        method: 'POST',
        scheme: 'https',
        host: 'pay.example',
        path: '/charge/a b?#',
        query: 'X-Amz-Signature=abc&n=1',
        statusCode: 201,
        resendCount: 2,
      },
    );
    expect(span.kind).toBe(SpanKind.CLIENT);
    expect(span.name).toBe('POST');
    expect(span.attributes).toEqual({
      'http.request.method': 'POST',
      'http.response.status_code': 201,
      'network.protocol.version': '1.1',
      'url.full': 'https://pay.example/charge/a%20b%3F%23?X-Amz-Signature=REDACTED&n=1',
      'server.address': 'pay.example',
      'server.port': 443,
      'http.request.resend_count': 2,
      'goidspan.goid': 18,
      'thread.id': 4243,
    });
  });

  it('takes the port of the URL before that of the scheme', () => {
    expect(clientOf({ scheme: 'http', host: '[::1]:8080' })).toMatchObject({
      'server.address': '::1',
      'server.port': 8080,
      'url.full': 'http://[::1]:8080/',
    });
    expect(clientOf({ scheme: 'http', host: 'a.example' })['server.port']).toBe(80);
    expect(clientOf({ scheme: 'unix+http', host: 'a.example' })).not.toHaveProperty('server.port');
  });

  it('has no resend count when nothing was sent again, and no version without a response', () => {
    const attributes = clientOf({ resendCount: 0, protocolMajor: 0, protocolMinor: 0 });
    expect(attributes).not.toHaveProperty('http.request.resend_count');
    expect(attributes).not.toHaveProperty('network.protocol.version');
  });

  it.each([
    [200, undefined],
    [304, undefined],
    [400, '400'],
    [404, '404'],
    [500, '500'],
  ])('with status %i has error.type %s', (statusCode, errorType) => {
    const span = spanOf({ spanKind: 'client' }, { statusCode });
    expect(span.attributes['error.type']).toBe(errorType);
    expect(span.status).toEqual({ code: errorType ? SpanStatusCode.ERROR : SpanStatusCode.UNSET });
  });

  it('names the Go type of its error', () => {
    const span = spanOf({ spanKind: 'client', errorTypeAddr: 0x6c0ffe });
    expect(span.attributes['error.type']).toBe('*net.OpError');
    expect(span.status).toEqual({
      code: SpanStatusCode.ERROR,
      message: 'the call returned an error of type *net.OpError',
    });
  });

  it('has error.type _OTHER when the type is not known', () => {
    expect(spanOf({ spanKind: 'client', errorTypeAddr: 1 })).toMatchObject({
      attributes: { 'error.type': '_OTHER' },
      status: { message: 'the call returned an error' },
    });
  });
});
