import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { buildGo } from '../support/go-build.ts';
import { idOf, parentOf, type RequestSpans, TracedServer, traceOf } from '../support/traced-server.ts';

const releases = [{ name: '1.26' }, { name: '1.23', go: '1.23.12' }, { name: '1.27', go: '1.27.4' }];

describeWith([kernel, go], 'a server behind middleware, live', () => {
  describe.each(releases)('built with Go $name', ({ name, go: release }) => {
    let traced: TracedServer;
    let requests = 0;

    beforeAll(async () => {
      const build = { dir: 'test/fixtures/acceptance/middleware', name: `acceptance-middleware-${name}` };
      traced = await TracedServer.start(await buildGo(release ? { ...build, go: release } : build));
    });

    afterAll(async () => {
      expect((await traced?.stop())?.lost).toMatchObject({ total: 0 });
    });

    async function request(
      path: string,
      calls = 0,
      headers: Record<string, string | string[]> = {},
    ): Promise<RequestSpans> {
      const id = `r${requests++}`;
      await traced.server.get(`${path}?id=${id}`, { headers });
      return await traced.request(id, calls);
    }

    it.each([
      ['a request that nobody copied', '/plain/items/7', '/{way}/items/{item}'],
      ['Request.WithContext', '/context/items/7', '/{way}/items/{item}'],
      ['Request.Clone', '/clone/items/7', '/{way}/items/{item}'],
      ['a copy of a copy', '/twice/items/7', '/{way}/items/{item}'],
      ['http.MaxBytesHandler', '/max-bytes/items/7', '/{way}/items/{item}'],
      ['http.TimeoutHandler, on a goroutine of its own', '/timeout/items/7', '/{way}/items/{item}'],
      ['http.StripPrefix before another mux', '/strip/items/7', '/items/{item}'],
    ])('has the route of %s', async (_what, path, route) => {
      const { server } = await request(path);
      expect([server.name, server.attributes['http.route']]).toEqual([`GET ${route}`, route]);
    });

    it('has no route where no mux has found one', async () => {
      for (const path of ['/none/items/7', '/context/nowhere', '/plain/nowhere']) {
        const { server } = await request(path);
        expect([server.name, server.attributes['http.route']]).toEqual(['GET', undefined]);
      }
    });

    it('does not take the route of a request that the handler has made up or sends', async () => {
      const { server, calls, leaves } = await request('/clone/made-up', 1);
      expect([server.name, leaves[0]?.name]).toEqual(['GET /{way}/made-up', 'GET /{way}/items/{item}']);
      expect(parentOf(calls[0] as ReadableSpan)).toBe(idOf(server));
    });

    it('has one name for all redirects of a mux', async () => {
      const spans = [];
      for (const path of ['/plain/dir/7', '/plain/dir/8', '/plain/dir/a%2Fb'])
        spans.push((await request(path)).server);
      expect(
        spans.every((span) => Math.floor(Number(span.attributes['http.response.status_code']) / 100) === 3),
      ).toBe(true);
      expect(new Set(spans.map((span) => span.name)).size).toBe(1);
      expect(['GET', 'GET /{way}/dir/{item}/']).toContain(spans[0]?.name);
    });

    it('says the path as it was sent, received and sent on', async () => {
      const { server, calls, leaves } = await request('/plain/escaped/x%2Fy%21!%20z', 1);
      expect(server.attributes['url.path']).toBe('/plain/escaped/x%2Fy%21!%20z');
      expect(String(calls[0]?.attributes['url.full'])).toContain('/plain/items/a%2Fb?of=');
      expect(leaves[0]?.attributes['url.path']).toBe('/plain/items/a%2Fb');
      expect((await request('/plain/items/caf%C3%A9%20')).server.attributes['url.path']).toBe(
        '/plain/items/caf%C3%A9%20',
      );
    });

    it('joins several tracestate headers, and begins a new trace where there are two traceparents', async () => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const states = await request('/plain/items/7', 0, { traceparent, tracestate: ['a=1', 'b=2,c=3'] });
      expect(parentOf(states.server)).toBe('b7ad6b7169203331');
      expect(states.server.spanContext().traceState?.serialize()).toBe('a=1,b=2,c=3');
      const parents = await request('/plain/items/7', 0, { traceparent: [traceparent, traceparent] });
      expect(parentOf(parents.server)).toBeUndefined();
      expect((await traced.tracer.stats()).notes['traceparent_malformed']).toBe(1);
    });

    it('has a call from within an iter.Pull as child of its request', async () => {
      const { server, calls } = await request('/plain/pulled', 1);
      expect([traceOf(calls[0] as ReadableSpan), parentOf(calls[0] as ReadableSpan)]).toEqual([
        traceOf(server),
        idOf(server),
      ]);
    });
  });
});
