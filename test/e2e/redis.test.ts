import { SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { buildTimeout, requestOf, said, servedBy, straysOf } from '../support/database-calls.ts';
import { redis } from '../support/databases.ts';
import { isFullRun } from '../support/full-run.ts';
import { buildGo, type GoBuild } from '../support/go-build.ts';
import { StoresServer, storesBuilds } from '../support/stores-server.ts';

const timeout = 60_000;
const builds: readonly GoBuild[] = isFullRun ? storesBuilds : storesBuilds.slice(0, 1);

/** Routes of one request each, and what their calls are named. */
const names: readonly [route: string, names: readonly string[]][] = [
  ['/redis/get', ['set', 'get']],
  ['/redis/conn', ['incrby', 'SetBit', 'append', 'ping']],
  ['/redis/hooked', ['set', 'get']],
  ['/redis/script', ['evalsha !NOSCRIPT', 'eval']],
  ['/redis/pipeline', ['PIPELINE incr']],
  ['/redis/pipeline?count=1', ['incr']],
  ['/redis/mixed', ['PIPELINE']],
  ['/redis/tx', ['MULTI incr']],
  ['/cluster/get', ['set', 'get']],
  ['/cluster/tx', ['MULTI incr']],
];

describeWith([kernel, go, redis], 'a call of go-redis', () => {
  describe.each(builds)('in $name', callsOf);
});

function callsOf(build: GoBuild): void {
  let server: StoresServer;
  servedBy(build, timeout, async (binary) => {
    server = await StoresServer.start(binary, ['redis', 'cluster']);
    return server;
  });

  /** What the calls of a request say; it must be so many, and all under that request. */
  const saidOf = async (route: string, id: string, count: number): Promise<string[]> => {
    expect([route, await server.get(route, id)]).toMatchObject([route, { status: 200 }]);
    return (await server.calls(id, count)).calls.map(said);
  };

  it('is named by its command', { timeout }, async () => {
    for (const [index, [route, expected]] of names.entries()) {
      expect([route, await saidOf(route, `named${index}`, expected.length)]).toEqual([route, expected]);
    }
  });

  it('says what the conventions ask for', async () => {
    await server.get('/redis/set', 'said');
    const { port } = server.database('redis');
    expect((await server.calls('said', 1)).calls[0]).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: {
        'db.system.name': 'redis',
        'db.namespace': '3',
        'db.operation.name': 'set',
        'db.query.text': 'set of=said n=0 secret ex ?',
        'server.address': '127.0.0.1',
        'server.port': port,
        'network.peer.address': '127.0.0.1',
        'network.peer.port': port,
      },
    });
    await server.get('/redis/mixed', 'several');
    expect((await server.calls('several', 1)).calls[0]?.attributes).toMatchObject({
      'db.operation.name': 'PIPELINE',
      'db.operation.batch.size': 3,
      'db.query.text': 'set of=several n=0\nget of=several n=0\nincr of=several n=1',
    });
    await server.get('/redis/script', 'script');
    expect((await server.calls('script', 2)).calls[0]?.attributes['db.stored_procedure.name']).toMatch(
      /^[0-9a-f]{40}$/,
    );
  });

  it('that finds nothing under its key is no error', async () => {
    expect(await saidOf('/redis/nil', 'nil', 1)).toEqual(['get']);
    expect(await saidOf('/redis/pipelinenil', 'nils', 1)).toEqual(['PIPELINE get']);
    // A transaction that watches keys; an older go-redis always unwatches them.
    const watch = await saidOf('/redis/watch', 'watch', 3);
    expect(watch.slice(0, 3)).toEqual(['watch', 'get', 'MULTI incr']);
  });

  it('that the server refuses has the word that its error begins with', async () => {
    expect(await saidOf('/redis/wrongtype', 'type', 2)).toEqual(['set', 'lpush !WRONGTYPE']);
    expect(await saidOf('/redis/unknown', 'unknown', 1)).toEqual(['nonsense !ERR']);
    const { calls } = await server.calls('type', 2);
    expect(calls[1]?.attributes['db.response.status_code']).toBe('WRONGTYPE');
    expect(calls[1]?.status.code).toBe(SpanStatusCode.ERROR);
  });

  it('whose context ends is an error and ends with it', async () => {
    expect(await saidOf('/redis/late', 'late', 1)).toEqual(['get !context.Canceled']);
    expect(await saidOf('/redis/deadline?after=40', 'deadline', 1)).toEqual(['blpop !*net.OpError']);
    const [seconds = 0, nanos = 0] = (await server.calls('deadline', 1)).calls[0]?.duration ?? [];
    expect(seconds * 1e3 + nanos / 1e6).toBeGreaterThan(35);
    expect(seconds).toBeLessThan(2);
  });

  it('that gets no connection is an error of the server that it was for', { timeout }, async () => {
    expect(await saidOf('/redis/exhaust', 'exhaust', 2)).toEqual(['incr', 'incr !*errors.errorString']);
    expect(await saidOf('/redis/giveup', 'giveup', 2)).toEqual([
      'incr',
      'incr !context.deadlineExceededError',
    ]);
    expect(await saidOf('/redis/down', 'down', 1)).toEqual(['get !*net.OpError']);
    expect(await saidOf('/redis/pipelinedown', 'downs', 1)).toEqual(['PIPELINE incr !*net.OpError']);
    expect((await server.calls('down', 1)).calls[0]?.attributes).toMatchObject({ 'server.port': 1 });
  });

  it('that is sent again is one span, and over before the next', async () => {
    expect(await saidOf('/redis/lost', 'lost', 3)).toEqual(['client', 'client', 'incr']);
    expect(await saidOf('/redis/then', 'then', 3)).toEqual(['get !*net.OpError', 'incr', 'incr']);
  });

  it('that panics is an error, and what is then deferred is none', async () => {
    await server.get('/redis/panic', 'panic').catch(() => {});
    const { server: request, calls } = await server.calls('panic', 2);
    expect(calls.map(said)).toEqual(['set !panic', 'incr']);
    expect(request.attributes['error.type']).toBe('panic');
  });

  it('is not what its client says to the server as it connects', async () => {
    expect(await saidOf('/redis/connect', 'connect', 2)).toEqual(['PIPELINE incr', 'incr']);
    expect(server.traced.spans.filter(({ name }) => /hello|client|select/i.test(name)).map(said)).toEqual(
      // Those that a request has made on purpose.
      ['client', 'client'],
    );
  });

  it('of which the text is hostile is cut, and its name is not', async () => {
    expect(await saidOf('/redis/hostile', 'hostile', 4)).toEqual(['set', 'set', 'mget', 'del']);
    const { calls } = await server.calls('hostile', 4);
    for (const { attributes } of calls) expect(String(attributes['db.query.text']).length).toBeLessThan(700);
    expect(calls[0]?.attributes['goidspan.cut']).toEqual(['statement']);
    expect(calls[1]?.attributes['db.query.text']).toContain('\uFFFD');
    expect(calls[2]?.attributes['goidspan.cut']).toEqual(['statement']);
  });

  it('costs at most two hits', async () => {
    for (const [route, most] of [
      ['/redis/set', 2],
      ['/redis/nil', 2],
      ['/redis/wrongtype', 4],
      ['/redis/pipeline', 2],
      ['/redis/tx', 2],
      ['/redis/conn', 8],
      ['/cluster/get', 4],
    ] as const) {
      // Its connection is there.
      await server.get(route, 'warm');
      const before = await server.hits();
      await server.get(route, 'hits');
      expect([route, (await server.hits()) - before]).toEqual([route, most]);
    }
    // A transaction of a client with a connection of its own. An older go-redis always unwatches the keys.
    const before = await server.hits();
    await server.get('/redis/watch', 'watched');
    const { calls } = await server.calls('watched', build.go === undefined ? 3 : 4);
    expect((await server.hits()) - before).toBe(2 * calls.length);
  });

  it('is under its own request among many', { timeout }, async () => {
    const routes = [
      '/redis/get',
      '/redis/fanout',
      '/redis/pipeline',
      '/redis/tx',
      '/cluster/get',
      '/cluster/pipeline',
    ];
    const counts = [2, 5, 1, 1, 2, 2];
    const jobs = Array.from({ length: 200 }, (_, n) => ({ id: `m${n}`, route: n % routes.length }));
    const replies = await Promise.all(jobs.map(({ route, id }) => server.get(routes[route] as string, id)));
    expect(replies.filter(({ status }) => status !== 200).map(({ body }) => body)).toEqual([]);
    for (const { id, route } of jobs) {
      // All keys of a pipeline may be of one node.
      const least = routes[route] === '/cluster/pipeline' ? 1 : (counts[route] as number);
      const { calls } = await server.calls(id, least);
      expect([id, calls.length <= (counts[route] as number)]).toEqual([id, true]);
      for (const call of calls) expect(requestOf(call)).toBe(id);
    }
    expect(straysOf(server.traced, 'm').map(said)).toEqual([]);
  });

  it('in which the server is killed is an error, and so are those that come after', { timeout }, async () => {
    const slow = server.get('/redis/slow', 'slow');
    await new Promise((done) => setTimeout(done, 200));
    await server.database('redis').kill();
    expect((await slow).status).toBe(200);
    expect((await server.calls('slow', 1)).calls.map(({ status }) => status.code)).toEqual([
      SpanStatusCode.ERROR,
    ]);
    expect((await server.get('/redis/set', 'dead')).status).toBe(502);
    expect((await server.calls('dead', 1)).calls.map(said)).toEqual(['set !*net.OpError']);
  });
}

describeWith([kernel, go, redis], 'what a call of go-redis tells by default', () => {
  it('is its command, and nothing of its keys and values', { timeout: buildTimeout }, async () => {
    const server = await StoresServer.start(await buildGo(storesBuilds[0] as GoBuild), ['redis'], {});
    for (const [route, text] of [
      ['/redis/set', 'set ? ? ? ?'],
      ['/redis/pipeline', 'incr'],
      ['/redis/mixed', 'set\nget\nincr'],
    ] as const) {
      await server.get(route, route.slice(7));
      const { calls } = await server.calls(route.slice(7), 1);
      expect(calls[0]?.attributes['db.query.text']).toBe(text);
    }
    await server.get('/redis/hostile', 'hostile');
    await server.calls('hostile', 4);
    expect(JSON.stringify(server.traced.spans)).not.toMatch(/secret|of=/);
    await server.stop();
  });
});
