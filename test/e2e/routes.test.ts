import { once } from 'node:events';
import { connect } from 'node:net';
import { SpanStatusCode } from '@opentelemetry/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { families } from '../../src/probes/families.ts';
import { planAttach } from '../../src/probes/plan.ts';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { isFullRun } from '../support/full-run.ts';
import { buildGo, type GoBuild } from '../support/go-build.ts';
import { getHttp2 } from '../support/http2-request.ts';
import { idOf, parentOf, type RequestSpans, TracedServer, traceOf } from '../support/traced-server.ts';

interface Generation {
  readonly name: string;
  readonly build: GoBuild;
  readonly routers: readonly string[];
  readonly fibers: readonly string[];
  /** A ServeMux has patterns. */
  readonly hasPatterns: boolean;
}

const dir = 'test/fixtures/routers';
const generations: readonly Generation[] = [
  {
    name: 'of today',
    build: { dir, name: 'routers', flags: ['-tags=nomsgpack'] },
    routers: ['gin', 'echo4', 'echo5', 'chi', 'mux'],
    fibers: ['fiber2', 'fiber3'],
    hasPatterns: true,
  },
  {
    name: 'of 2023',
    build: { dir, name: 'routers-old', go: '1.21.13', flags: ['-modfile=old.mod'] },
    routers: ['gin', 'echo4', 'chi', 'mux'],
    fibers: ['fiber2'],
    hasPatterns: false,
  },
];

/** Each with its own notation. */
const routesOf: Readonly<Record<string, { user: string; part: string; files: string; within: string }>> = {
  gin: { user: ':id', part: ':item/parts/:part', files: '*path', within: '*rest' },
  echo4: { user: ':id', part: ':item/parts/:part', files: '*', within: '*' },
  echo5: { user: ':id', part: ':item/parts/:part', files: '*', within: '*' },
  chi: { user: '{id}', part: '{item}/parts/{part}', files: '*', within: '*' },
  mux: { user: '{id}', part: '{item:[a-z0-9]+}/parts/{part}', files: '', within: '' },
};

describeWith([kernel, go], 'servers with routers, live', () => {
  describe.each(isFullRun ? generations : generations.slice(0, 1))(
    '$name',
    ({ build, routers, fibers, hasPatterns }) => {
      let traced: TracedServer;
      let requests = 0;

      beforeAll(async () => {
        traced = await TracedServer.start(await buildGo(build));
      });

      afterAll(async () => {
        expect((await traced?.stop())?.lost).toMatchObject({ total: 0 });
      });

      async function request(path: string, calls = 0, method = 'GET'): Promise<RequestSpans> {
        const id = `r${requests++}`;
        await traced.server.get(`${path}?id=${id}`, { method });
        return await traced.request(id, calls);
      }

      async function routeOf(path: string): Promise<unknown> {
        const { server } = await request(path);
        const route = server.attributes['http.route'];
        expect(server.name).toBe(route === undefined ? 'GET' : `GET ${route}`);
        return route;
      }

      describe.each(routers)('%s', (name) => {
        const { user, part, files, within } = routesOf[name] as (typeof routesOf)[string];

        it('tells the route of a request, and of one to a group within groups', async () => {
          expect(await routeOf(`/${name}/users/7`)).toBe(`/${name}/users/${user}`);
          expect(await routeOf(`/${name}/api/v1/items/a1/parts/b2`)).toBe(`/${name}/api/v1/items/${part}`);
          expect(await routeOf(`/${name}/files/a/b/c.txt`)).toBe(`/${name}/files/${files}`);
        });

        it('tells none of a request that it has found no route for', async () => {
          for (const path of [`/${name}/nowhere`, `/${name}/api/v1`, `/${name}/api/v1/items/a1`]) {
            const { server } = await request(path);
            expect([server.attributes['http.response.status_code'], server.name]).toEqual([404, 'GET']);
          }
        });

        it('tells the route behind middleware that copies the request', async () => {
          for (const way of ['copied', 'timed']) {
            expect(await routeOf(`/${way}/${name}/users/7`)).toBe(`/${name}/users/${user}`);
          }
        });

        it('tells the route within a ServeMux, as one would call it from outside', async () => {
          const prefix = hasPatterns ? `/mounted-${name}` : '';
          expect(await routeOf(`/mounted-${name}/${name}/users/7`)).toBe(`${prefix}/${name}/users/${user}`);
          expect(await routeOf(`/in-mux/${name}/users/7`)).toBe(`/${name}/users/${user}`);
        });

        it('tells the route of a ServeMux within it', async () => {
          const route = await routeOf(`/${name}/within/things/7`);
          expect(route).toBe(hasPatterns ? `/${name}/within/things/{thing}` : `/${name}/within/${within}`);
        });

        it('does not tell the route of a request that its handler has made up', async () => {
          expect(await routeOf(`/${name}/made-up`)).toBe(`/${name}/made-up`);
        });

        it('has a call of its handler as child', async () => {
          const { server, calls, leaves } = await request(`/${name}/call`, 1);
          expect(server.name).toBe(`GET /${name}/call`);
          expect(parentOf(calls[0] as ReadableSpan)).toBe(idOf(server));
          expect(leaves[0]?.name).toBe('GET /chi/users/{id}');
        });

        it.runIf(hasPatterns)('tells the route of a request by HTTP/2', async () => {
          await getHttp2(traced.server.url, `/${name}/users/7?id=h2-${name}`);
          const { server } = await traced.request(`h2-${name}`, 0);
          expect(server.attributes).toMatchObject({
            'network.protocol.version': '2',
            'http.route': `/${name}/users/${user}`,
          });
        });
      });

      it('is watched at places that the kernel emulates', async () => {
        const { hooks, untraced } = planAttach(GoBinary.open(openFileSource(await buildGo(build))), families);
        const own = hooks.filter(({ hook }) => /^http_(server_router|fiber_)/.test(hook.name));
        expect(own.map(({ sites }) => sites.length)).toEqual([routers.length, fibers.length, fibers.length]);
        expect(own.flatMap(({ sites }) => sites).filter((site) => site.class !== 'emulated')).toEqual([]);
        expect(untraced).toEqual([]);
      });

      describe.each(fibers)('%s', (name) => {
        const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
        const urlOf = (path: string): URL => {
          const [, address] =
            new RegExp(`^listening-${name} (\\S+)$`, 'm').exec(traced.server.child.stdout) ?? [];
          return new URL(`http://${address}/${name}${path}`);
        };

        async function ask(path: string, headers: Record<string, string> = {}): Promise<RequestSpans> {
          const id = `f${requests++}`;
          await fetch(urlOf(`${path}?id=${id}&a=b?c`), { headers });
          return await traced.request(id, 0);
        }

        /** As it is, over a connection of its own. */
        async function send(text: string): Promise<void> {
          const { hostname, port } = urlOf('/');
          const socket = connect(Number(port), hostname);
          socket.end(text);
          await once(socket.resume(), 'close');
        }

        it('has server spans with all that the request says', async () => {
          const { server } = await ask('/users/a%20b');
          const { hostname, port } = urlOf('/');
          expect(server.name).toBe(`GET /${name}/users/:id`);
          expect(server.attributes).toMatchObject({
            'http.request.method': 'GET',
            'http.route': `/${name}/users/:id`,
            'http.response.status_code': 200,
            'url.scheme': 'http',
            'url.path': `/${name}/users/a%20b`,
            'url.query': expect.stringMatching(/^id=f\d+&a=b\?c$/),
            'server.address': hostname,
            'server.port': Number(port),
            'client.address': '127.0.0.1',
            'network.peer.address': '127.0.0.1',
            'network.peer.port': expect.any(Number),
            'network.protocol.version': '1.1',
          });
          expect(parentOf(server)).toBeUndefined();
        });

        it('tells routes of groups, and none of what it has found no route for', async () => {
          const route = async (path: string) => (await ask(path)).server.attributes['http.route'];
          expect(await route('/api/v1/items/a/parts/b')).toBe(`/${name}/api/v1/items/:item/parts/:part`);
          expect(await route('/files/a/b')).toBe(`/${name}/files/*`);
          const { server } = await ask('/nowhere');
          expect([server.attributes['http.response.status_code'], server.name]).toEqual([404, 'GET']);
        });

        it('tells failures', async () => {
          const { server } = await ask('/status/503');
          expect([server.status.code, server.attributes['error.type']]).toEqual([
            SpanStatusCode.ERROR,
            '503',
          ]);
          const panicked = (await ask('/panic')).server;
          expect(panicked.attributes).toMatchObject({
            'http.response.status_code': 500,
            'http.route': `/${name}/panic`,
          });
        });

        it('goes on with the trace that a request names, whatever the case of its headers', async () => {
          const { server } = await ask('/users/7', { traceparent: parent, tracestate: 'a=1,b=2' });
          expect([traceOf(server), parentOf(server)]).toEqual([parent.slice(3, 35), parent.slice(36, 52)]);
          expect(server.spanContext().traceState?.serialize()).toBe('a=1,b=2');
          const id = `f${requests++}`;
          await send(
            `GET /${name}/users/7?id=${id} HTTP/1.0\r\nHost: a\r\nTRACEPARENT: ${parent}\r\nX: y\r\n\r\n`,
          );
          const old = (await traced.request(id, 0)).server;
          expect([parentOf(old), old.attributes['network.protocol.version']]).toEqual([
            parent.slice(36, 52),
            '1.0',
          ]);
        });

        it('has the calls of its handlers as children, and is child of calls to it, without a header', async () => {
          const id = `f${requests++}`;
          await fetch(urlOf(`/call?id=${id}`));
          const own = await traced.request(id, 1);
          expect(parentOf(own.calls[0] as ReadableSpan)).toBe(idOf(own.server));
          expect(parentOf(own.leaves[0] as ReadableSpan)).toBe(idOf(own.calls[0] as ReadableSpan));
          const { server, calls, leaves } = await request(`/chi/via/${name}`, 1);
          expect(leaves[0]?.name).toBe(`GET /${name}/users/:id`);
          expect(parentOf(leaves[0] as ReadableSpan)).toBe(idOf(calls[0] as ReadableSpan));
          expect(traceOf(leaves[0] as ReadableSpan)).toBe(traceOf(server));
        });

        it('is not brought into discredit by what clients send', async () => {
          for (const line of [
            'B@D /x HTTP/1.1',
            `GET http://a/${name}/users/7 HTTP/1.1`,
            'OPTIONS * HTTP/1.1',
          ])
            await send(`${line}\r\nHost: a\x01b\r\n\r\n`);
          expect((await ask('/users/7')).server.name).toBe(`GET /${name}/users/:id`);
          expect((await traced.tracer.stats()).lost.byReason['implausible'] ?? 0).toBe(0);
        });

        it('tells the right route and parent of each of 200 requests at once', async () => {
          const sent = Array.from({ length: 200 }, (_, n) => {
            const [path, route] =
              n % 2
                ? ['/users/7', '/users/:id']
                : ['/api/v1/items/a/parts/b', '/api/v1/items/:item/parts/:part'];
            const span = (n + 1).toString(16).padStart(16, '0');
            return { id: `${name}-${n}`, path, route: `/${name}${route}`, span };
          });
          await Promise.all(
            sent.map(({ id, path, span }) =>
              fetch(urlOf(`${path}?id=${id}&wait=20ms`), {
                headers: { traceparent: `00-0af7651916cd43dd8448eb211c80319c-${span}-01` },
              }).then((response) => response.text()),
            ),
          );
          for (const { id, route, span } of sent) {
            const { server } = await traced.request(id, 0);
            expect([server.attributes['http.route'], parentOf(server)]).toEqual([route, span]);
          }
        });
      });

      it('tells the right route of each of 200 requests at once, at one hit each', async () => {
        const hits = async () => (await traced.tracer.stats()).hits.byProbe['http_server_router'] ?? 0;
        const before = await hits();
        const sent = Array.from({ length: 200 }, (_, n) => {
          const name = routers[n % routers.length] as string;
          const { user, part } = routesOf[name] as (typeof routesOf)[string];
          const [path, route] =
            n % 3 === 0
              ? ['nowhere', undefined]
              : n % 3 === 1
                ? ['users/7', `users/${user}`]
                : ['api/v1/items/a/parts/b', `api/v1/items/${part}`];
          return {
            id: `c${n}`,
            path: `/${name}/${path}?wait=20ms&id=c${n}`,
            route: route && `/${name}/${route}`,
          };
        });
        await Promise.all(sent.map(({ path }) => traced.server.get(path)));
        for (const { id, route } of sent) {
          expect((await traced.request(id, 0)).server.attributes['http.route']).toBe(route);
        }
        // gorilla/mux tells nothing of what it finds no route for.
        const silent = sent.filter(({ path, route }) => path.startsWith('/mux/') && route === undefined);
        expect((await hits()) - before).toBe(sent.length - silent.length);
      });
    },
  );
});
