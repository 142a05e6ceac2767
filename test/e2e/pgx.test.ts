import { SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { connectionOf } from '../support/connection-attributes.ts';
import { requestOf, said, servedBy, straysOf } from '../support/database-calls.ts';
import { postgres } from '../support/databases.ts';
import { isFullRun } from '../support/full-run.ts';
import type { GoBuild } from '../support/go-build.ts';
import { StoresServer, storesBuilds } from '../support/stores-server.ts';

const timeout = 60_000;
const builds: readonly GoBuild[] = isFullRun ? storesBuilds : storesBuilds.slice(0, 1);

/** Routes of one request each, and what their calls are named. */
const names: readonly [route: string, names: readonly string[]][] = [
  ['/pgx/query', ['select items']],
  ['/pgx/plain', ['select items', 'select items', 'select items', 'select items', 'shop']],
  ['/pgx/queryrow', ['select items']],
  ['/pgx/norows', ['select items']],
  ['/pgx/exec', ['insert orders']],
  ['/pgx/conn', ['shop', 'update orders']],
  ['/pgx/tx', ['begin', 'insert orders', 'select items', 'commit']],
  ['/pgx/rollback', ['begin', 'insert orders', 'rollback']],
  ['/pgx/nested', ['select items', 'select items', 'select items', 'select items']],
  ['/pgx/batch', ['BATCH insert orders']],
  ['/pgx/batch?count=1', ['insert orders']],
  ['/pgx/batchunique', ['BATCH shop !23505']],
  ['/pgx/copy', ['COPY orders']],
  // Below database/sql its calls are those of database/sql.
  ['/pgx/sql', ['insert orders', 'select items', 'insert items !23505']],
];

describeWith([kernel, go, postgres], 'a call of pgx', () => {
  describe.each(builds)('in $name', callsOf);
});

function callsOf(build: GoBuild): void {
  let server: StoresServer;
  servedBy(build, timeout, async (binary) => {
    server = await StoresServer.start(binary, ['postgres'], {});
    return server;
  });

  /** What the calls of a request say; it must be so many, and all under that request. */
  const saidOf = async (route: string, id: string, count: number): Promise<string[]> => {
    expect([route, await server.get(route, id)]).toMatchObject([route, { status: 200 }]);
    return (await server.calls(id, count)).calls.map(said);
  };

  it('is named by what it does to what', { timeout }, async () => {
    for (const [index, [route, expected]] of names.entries()) {
      expect([route, await saidOf(route, `named${index}`, expected.length)]).toEqual([route, expected]);
    }
  });

  it('says what the conventions ask for', async () => {
    await server.get('/pgx/query', 'said');
    const { port } = server.database('postgres');
    expect((await server.calls('said', 1)).calls[0]).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: {
        'db.system.name': 'postgresql',
        'db.namespace': 'shop',
        'db.query.text': 'select id, name from items where id < $1 /* of=said n=0 */',
        'db.query.summary': 'select items',
        'db.operation.name': 'select',
        'db.collection.name': 'items',
        'db.response.returned_rows': 3,
        'server.address': '127.0.0.1',
        'server.port': port,
        'network.peer.address': '127.0.0.1',
        'network.peer.port': port,
      },
    });
    // There were others before it on that connection.
    const {
      sent_bytes: sent,
      received_bytes: received,
      ...kept
    } = connectionOf((await server.calls('said', 1)).calls[0]);
    expect(kept).toEqual({ state: 'reused', rtt_us: expect.any(Number) });
    expect(sent).toBeGreaterThan('select id, name from items where id < $1 /* of=said n=0 */'.length);
    expect(received).toBeGreaterThan(3);
    const first = server.traced.spans
      .map(connectionOf)
      .find(({ state, connect_us: us }) => state === 'new' && us !== undefined);
    expect(first).toMatchObject({ connect_us: expect.any(Number), rtt_us: expect.any(Number) });
    await server.get('/pgx/batch', 'batch');
    expect((await server.calls('batch', 1)).calls[0]?.attributes).toMatchObject({
      'db.operation.name': 'BATCH insert',
      'db.operation.batch.size': 3,
      'db.collection.name': 'orders',
    });
  });

  it('tells how many rows it returns, if they were read one after the other', async () => {
    await server.get('/pgx/rows?rows=1000', 'rows');
    const { calls } = await server.calls('rows', 1);
    expect(calls[0]?.attributes['db.response.returned_rows']).toBe(1000);
    // Those of the outer query were still being read when the others were made.
    await server.get('/pgx/nested', 'nested');
    const rows = (await server.calls('nested', 4)).calls.map(
      ({ attributes }) => attributes['db.response.returned_rows'],
    );
    expect(rows).toEqual([undefined, 1, 1, 1]);
  });

  it('that breaks a constraint has the code of the database', async () => {
    const expected = ['insert items !23505', 'insert items !23505', 'insert items !23505'];
    expect(await saidOf('/pgx/unique', 'unique', 3)).toEqual(expected);
    const { calls } = await server.calls('unique', 3);
    for (const { attributes, status } of calls) {
      expect(attributes['db.response.status_code']).toBe('23505');
      expect(status.code).toBe(SpanStatusCode.ERROR);
    }
    expect(await saidOf('/pgx/syntax', 'syntax', 1)).toEqual(['shop !42601']);
    expect(await saidOf('/pgx/arguments', 'arguments', 1)).toEqual(['select items !*errors.errorString']);
  });

  it('tells none of the literals that it was written with, however hostile it is', async () => {
    expect(await saidOf('/pgx/hostile', 'hostile', 2)).toEqual(['select', 'select !22021']);
    const { calls } = await server.calls('hostile', 2);
    expect(calls[0]?.attributes['goidspan.cut']).toEqual(['statement']);
    expect(JSON.stringify(calls.map(({ attributes }) => attributes))).not.toContain('secret');
  });

  it('whose context ends is an error and ends with it', async () => {
    expect(await saidOf('/pgx/late', 'late', 1)).toEqual(['select items !context.Canceled']);
    expect(await saidOf('/pgx/cancel?after=40', 'cancel', 1)).toEqual(['select !context.Canceled']);
    expect(await saidOf('/pgx/deadline?after=40', 'deadline', 1)).toEqual([
      'select !context.deadlineExceededError',
    ]);
    for (const id of ['cancel', 'deadline']) {
      const [seconds = 0, nanos = 0] = (await server.calls(id, 1)).calls[0]?.duration ?? [];
      expect(seconds * 1e3 + nanos / 1e6).toBeGreaterThan(35);
      expect(seconds).toBeLessThan(4);
    }
  });

  it('that waits for a connection says how long', async () => {
    await server.get('/pgx/exhaust?count=4&hold=40', 'exhaust');
    const { calls } = await server.calls('exhaust', 4);
    const waits = calls.map(({ attributes }) => Number(attributes['db.client.connection.wait_time'] ?? 0));
    waits.sort((a, b) => a - b);
    expect(waits[0]).toBe(0);
    for (let n = 1; n < 4; n++) expect(waits[n]).toBeGreaterThan((waits[n - 1] ?? 0) + 0.005);
    for (const call of calls) expect(requestOf(call)).toBe('exhaust');
  });

  it('that gets no connection is an error', async () => {
    expect(await saidOf('/pgx/giveup?after=40', 'giveup', 1)).toEqual([
      'CONNECT !context.deadlineExceededError',
    ]);
    const { calls } = await server.calls('giveup', 1);
    expect(calls[0]?.attributes['db.client.connection.wait_time']).toBeGreaterThan(0.035);
    expect(calls[0]?.attributes['db.system.name']).toBe('postgresql');
    expect(await saidOf('/pgx/down', 'down', 1)).toEqual(['CONNECT !*pgconn.ConnectError']);
    expect(await saidOf('/pgx/lost', 'lost', 3)).toEqual(['select', 'select', 'select items !57P01']);
  });

  it('that panics is an error, and what is then deferred is none', async () => {
    await server.get('/pgx/panic', 'panic').catch(() => {});
    const { server: request, calls } = await server.calls('panic', 2);
    expect(calls.map(said)).toEqual(['insert orders !panic', 'insert orders']);
    expect(request.attributes['error.type']).toBe('panic');
  });

  it('costs at most three hits, and none for the rows that are read', async () => {
    for (const [route, most] of [
      ['/pgx/exec', 2],
      ['/pgx/query', 3],
      ['/pgx/rows?rows=1000', 3],
      ['/pgx/tx', 2 + 2 + 3 + 2],
      ['/pgx/batch', 4],
    ] as const) {
      const before = await server.hits();
      await server.get(route, 'hits');
      expect([route, (await server.hits()) - before]).toEqual([route, most]);
    }
  });

  it('is under its own request among many', { timeout }, async () => {
    const routes = ['/pgx/query', '/pgx/exec', '/pgx/tx', '/pgx/nested', '/pgx/fanout', '/pgx/sql'];
    const counts = [1, 1, 4, 4, 5, 3];
    const jobs = Array.from({ length: 200 }, (_, n) => ({ id: `m${n}`, route: n % routes.length }));
    const replies = await Promise.all(jobs.map(({ route, id }) => server.get(routes[route] as string, id)));
    expect(replies.filter(({ status }) => status !== 200).map(({ body }) => body)).toEqual([]);
    for (const { id, route } of jobs) {
      const { calls } = await server.calls(id, counts[route] as number);
      expect({ id, calls: calls.length }).toEqual({ id, calls: counts[route] });
      for (const call of calls) expect(requestOf(call) ?? id).toBe(id);
    }
    expect(straysOf(server.traced, 'm').map(said)).toEqual([]);
  });

  it('in which the server is killed is an error, and so are those that come after', { timeout }, async () => {
    const slow = server.get('/pgx/slow', 'slow');
    await new Promise((done) => setTimeout(done, 300));
    await server.database('postgres').kill();
    expect((await slow).status).toBe(200);
    const { calls } = await server.calls('slow', 1);
    expect(calls.map(({ status }) => status.code)).toEqual([SpanStatusCode.ERROR]);
    expect((await server.get('/pgx/query', 'dead')).status).toBe(502);
    const { calls: later } = await server.calls('dead', 1);
    expect(later.map(({ status }) => status.code)).toEqual([SpanStatusCode.ERROR]);
  });
}
