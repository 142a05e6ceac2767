import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { isFullRun } from '../support/full-run.ts';
import { buildGo, type GoBuild } from '../support/go-build.ts';
import { getHttp2 } from '../support/http2-request.ts';
import { idOf, parentOf, type RequestSpans, TracedServer } from '../support/traced-server.ts';

interface Generation {
  readonly name: string;
  readonly build: GoBuild;
  readonly routers: readonly string[];
  /** A ServeMux has patterns. */
  readonly hasPatterns: boolean;
}

const dir = 'test/fixtures/routers';
const generations: readonly Generation[] = [
  {
    name: 'of today',
    build: { dir, name: 'routers', flags: ['-tags=nomsgpack'] },
    routers: ['gin', 'echo4', 'echo5', 'chi', 'mux'],
    hasPatterns: true,
  },
  {
    name: 'of 2023',
    build: { dir, name: 'routers-old', go: '1.21.13', flags: ['-modfile=old.mod'] },
    routers: ['gin', 'echo4', 'chi', 'mux'],
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
    ({ build, routers, hasPatterns }) => {
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
          expect(parentOf(calls[0] as never)).toBe(idOf(server));
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
