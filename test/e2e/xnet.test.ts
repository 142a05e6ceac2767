import { connect } from 'node:net';
import { SpanStatusCode } from '@opentelemetry/api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { buildGo } from '../support/go-build.ts';
import { getHttp2 } from '../support/http2-request.ts';
import { idOf, parentOf, TracedServer, traceOf } from '../support/traced-server.ts';

describeWith([kernel, go], 'a server on golang.org/x/net/http2, live', () => {
  let traced: TracedServer;

  beforeAll(async () => {
    const dir = 'test/fixtures/acceptance/xnet';
    traced = await TracedServer.start(await buildGo({ dir, name: 'acceptance-xnet' }));
  });

  afterAll(async () => {
    expect((await traced?.stop())?.lost).toMatchObject({ total: 0 });
  });

  const urls = {
    'without TLS (h2c)': () => traced.server.url,
    'under net/http': () => traced.server.tlsUrl as string,
  };

  it('has one span for a request that upgrades its connection to h2c', async () => {
    const { hostname, port } = new URL(traced.server.url);
    const socket = connect(Number(port), hostname);
    const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    socket.write(
      `GET /ok?id=upgrade HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n` +
        `HTTP2-Settings: AAMAAABkAAQAAP__\r\ntraceparent: ${parent}\r\n\r\n`,
    );
    socket.once('data', () => {
      // The preface of HTTP/2 and empty SETTINGS (RFC 9113, 3.4).
      socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
      socket.write(Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0));
    });
    await traced.request('upgrade', 0);
    socket.destroy();
    // Another one comes after whatever else the first has made.
    await getHttp2(traced.server.url, '/ok?id=after');
    await traced.request('after', 0);
    const spans = traced.spans.filter((span) => span.attributes['url.query'] === 'id=upgrade');
    expect(spans).toHaveLength(1);
    expect(spans[0]?.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
    expect(spans[0]?.attributes).toMatchObject({ 'http.response.status_code': 200, 'http.route': '/ok' });
    expect(spans[0]?.attributes['goidspan.span.ending']).toBeUndefined();
  });

  for (const [name, url] of Object.entries(urls)) {
    it(`is joined with the calls that it makes to itself ${name}`, async () => {
      const ids = Array.from({ length: 20 }, (_, n) => `${name}-call-${n}`);
      const ask = (id: string) => {
        const query = new URLSearchParams({ id, to: `${url()}/ok?${new URLSearchParams({ of: id })}` });
        return getHttp2(url(), `/call?${query}`);
      };
      await ask(ids[0] as string);
      await Promise.all(ids.slice(1).map(ask));
      for (const id of ids) {
        const { server, calls, leaves } = await traced.request(id, 1);
        const [call, leaf] = [calls[0] as ReadableSpan, leaves[0] as ReadableSpan];
        expect(call.attributes['network.protocol.version']).toBe('2');
        expect([parentOf(call), parentOf(leaf)], id).toEqual([idOf(server), idOf(call)]);
        expect(new Set([server, call, leaf].map(traceOf)).size, id).toBe(1);
      }
    });

    async function request(path: string, id: string, cancelAfterMs?: number): Promise<ReadableSpan> {
      await getHttp2(url(), `${path}?id=${encodeURIComponent(name + id)}`, cancelAfterMs);
      return (await traced.request(name + id, 0)).server;
    }

    it(`has one span for a request ${name}`, async () => {
      const span = await request('/ok', 'a');
      expect(span.status.code).toBe(SpanStatusCode.UNSET);
      expect(span.attributes).toMatchObject({
        'http.response.status_code': 200,
        'http.response.body.size': 3,
        'network.protocol.version': '2',
        'http.route': '/ok',
      });
      expect(
        traced.spans.filter((other) => other.attributes['url.query'] === span.attributes['url.query']),
      ).toHaveLength(1);
    });

    it(`ends the span of a handler that panics ${name}`, async () => {
      expect((await request('/panic', 'b')).attributes['goidspan.span.ending']).toBe('panicked');
    });

    it(`ends the span with an error when the client cancels ${name}`, async () => {
      expect((await request('/wait', 'c', 50)).attributes['goidspan.span.ending']).toBe('disconnected');
    });
  }
});
