import { type Attributes, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { requestOf, said, servedBy, straysOf } from '../support/database-calls.ts';
import { mariadb, postgres } from '../support/databases.ts';
import { isFullRun } from '../support/full-run.ts';
import type { GoBuild } from '../support/go-build.ts';
import { type Driver, drivers, SqlServer, sqlBuilds } from '../support/sql-server.ts';

const timeout = 180_000;
const builds: readonly GoBuild[] = isFullRun ? sqlBuilds : sqlBuilds.slice(0, 1);

const systems: Readonly<Record<Driver, string>> = {
  pgx: 'postgresql',
  pq: 'postgresql',
  mysql: 'mysql',
  sqlite: 'sqlite',
};
/** Of a unique violation. */
const codes: Readonly<Record<Driver, string>> = { pgx: '23505', pq: '23505', mysql: '1062', sqlite: '1555' };

/** Routes of one request each, and what their calls are named, with `DB` where the database stands. */
const names: readonly [route: string, names: readonly string[]][] = [
  ['/query', ['select items']],
  ['/plain', ['select items']],
  ['/queryrow', ['select items']],
  ['/exec', ['insert orders']],
  ['/ping', ['PING DB']],
  [
    '/prepared',
    [
      ...['PREPARE select items', 'select items', 'select items'],
      ...['PREPARE insert orders', 'insert orders', 'insert orders'],
    ],
  ],
  [
    '/conn',
    [
      ...['select items', 'insert orders', 'PING DB', 'PREPARE select items', 'select items'],
      ...['BEGIN DB', 'insert orders', 'COMMIT DB'],
    ],
  ],
  ['/tx', ['BEGIN DB', 'insert orders', 'select items', 'select items', 'COMMIT DB']],
  ['/rollback', ['BEGIN DB', 'insert orders', 'ROLLBACK DB']],
  [
    '/txprepared',
    [
      ...['PREPARE select items', 'BEGIN DB', 'PREPARE insert orders', 'insert orders', 'select items'],
      'COMMIT DB',
    ],
  ],
  ['/spread', ['BEGIN DB', 'insert orders', 'COMMIT DB']],
  ['/nested', ['select items', 'select items', 'select items', 'select items']],
];

describeWith([kernel, go, postgres, mariadb], 'a call of database/sql', () => {
  describe.each(builds)('in $name', callsOf);
});

/** What stands for the database in a name: itself, else its server. */
function databaseOf(attributes: readonly Attributes[]): string {
  const [first] = attributes;
  if (first?.['db.namespace'] !== undefined) return String(first['db.namespace']);
  return first?.['server.address'] ? `${first['server.address']}:${first['server.port']}` : '';
}

function callsOf(build: GoBuild): void {
  let server: SqlServer;
  servedBy(build, timeout, async (binary) => {
    server = await SqlServer.start(binary);
    return server;
  });

  it.each(drivers)('is named by what it does to what (%s)', async (driver) => {
    for (const [route, expected] of names) {
      const id = `${driver}-named${route.replace('/', '-')}`;
      expect(await server.get(driver, route, id)).toMatchObject({ status: 200 });
      const { calls } = await server.calls(id, expected.length);
      const database = databaseOf(calls.map(({ attributes }) => attributes));
      expect([route, calls.map(said)]).toEqual([
        route,
        expected.map((name) => name.replace('DB', database).trimEnd()),
      ]);
      expect(calls.every(({ status }) => status.code === SpanStatusCode.UNSET)).toBe(true);
    }
  });

  it.each(drivers)('that finds no row is no error (%s)', async (driver) => {
    expect(await server.get(driver, '/norows', `${driver}-none`)).toMatchObject({ status: 200 });
    const { calls } = await server.calls(`${driver}-none`, 1);
    expect(calls.map(said)).toEqual(['select items']);
    expect(calls[0]?.status).toEqual({ code: SpanStatusCode.UNSET });
  });

  it.each(drivers)('tells none of the literals that it was written with (%s)', async (driver) => {
    for (const route of ['/plain', '/syntax']) {
      const id = `${driver}-literal-${route.slice(1)}`;
      expect(await server.get(driver, route, id)).toMatchObject({ status: 200 });
      const { calls } = await server.calls(id, 1);
      expect(calls[0]?.attributes['db.query.text']).toMatch(/^(select \?, \?|selct \?) from items /);
    }
  });

  it.each(drivers)(
    'of a transaction whose context has ended is rolled back under its request (%s)',
    async (driver) => {
      expect(await server.get(driver, '/abandoned', `${driver}-left`)).toMatchObject({ status: 200 });
      const { calls } = await server.calls(`${driver}-left`, 3);
      expect(calls.map(({ attributes }) => attributes['db.operation.name'])).toEqual([
        'BEGIN',
        'insert',
        'ROLLBACK',
      ]);
    },
  );

  it.each(drivers)('that panics is an error, and what is then deferred is none (%s)', async (driver) => {
    for (const [route, expected] of [
      ['/panic', ['insert orders !panic']],
      ['/txpanic', ['BEGIN', 'insert orders !panic', 'ROLLBACK', 'insert orders']],
    ] as const) {
      const id = `${driver}${route.replace('/', '-')}`;
      await server.get(driver, route, id).catch(() => {});
      const { server: request, calls } = await server.calls(id, expected.length);
      expect(calls.map((call) => said(call).replace(/(BEGIN|ROLLBACK) \S+/, '$1'))).toEqual(expected);
      expect(request.attributes['error.type']).toBe('panic');
    }
  });

  it('says what the conventions ask for', async () => {
    await server.get('pgx', '/exec', 'said');
    const { calls } = await server.calls('said', 1);
    expect(calls[0]?.attributes).toMatchObject({
      'db.system.name': 'postgresql',
      'db.namespace': 'shop',
      'db.query.text': 'insert into orders (name, amount) values ($1, ?) /* of=said n=0 */',
      'db.query.summary': 'insert orders',
      'db.operation.name': 'insert',
      'db.collection.name': 'orders',
      'server.address': '127.0.0.1',
      'server.port': server.postgres.port,
    });
    expect(calls[0]?.status).toEqual({ code: SpanStatusCode.UNSET });
    await server.get('mysql', '/query', 'said-mysql');
    const { calls: queries } = await server.calls('said-mysql', 1);
    expect(queries[0]?.attributes).toMatchObject({
      'db.system.name': 'mysql',
      'db.namespace': 'shop',
      'server.port': server.mariadb.port,
    });
  });

  it.each(drivers)('that breaks a constraint has the code of the database (%s)', async (driver) => {
    for (const [route, index] of [
      ['/unique', 0],
      ['/txunique', 1],
      ['/stmtunique', 1],
    ] as const) {
      const id = `${driver}${route.replace('/', '-')}`;
      expect(await server.get(driver, route, id)).toMatchObject({ status: 200 });
      const { calls } = await server.calls(id, index + 1);
      expect(calls[index]?.attributes).toMatchObject({
        'db.response.status_code': codes[driver],
        'error.type': codes[driver],
      });
      expect(calls[index]?.status.code).toBe(SpanStatusCode.ERROR);
    }
  });

  it.each(drivers)('whose context is cancelled before it has begun is an error (%s)', async (driver) => {
    expect(await server.get(driver, '/late', `${driver}-late`)).toMatchObject({ status: 200 });
    const { calls } = await server.calls(`${driver}-late`, 1);
    expect(calls.map(said)).toEqual(['select items !context.Canceled']);
  });

  it.each(drivers)('whose context ends meanwhile is an error and ends with it (%s)', async (driver) => {
    for (const route of ['/cancel?after=50', '/deadline?after=50']) {
      const id = `${driver}-${route.slice(1, 4)}`;
      expect(await server.get(driver, route, id)).toMatchObject({ status: 200 });
      const { calls } = await server.calls(id, 1);
      expect(calls[0]?.status.code).toBe(SpanStatusCode.ERROR);
      const [seconds = 0, nanos = 0] = calls[0]?.duration ?? [];
      expect(seconds * 1e3 + nanos / 1e6).toBeGreaterThan(40);
      expect(seconds).toBeLessThan(4);
    }
  });

  it.each(drivers)('that waits for a connection says how long (%s)', async (driver) => {
    const id = `${driver}-exhaust`;
    const route = driver === 'sqlite' ? '/exhaust?count=4&hold=100' : '/exhaust?count=4&hold=40';
    expect(await server.get(driver, route, id)).toMatchObject({ status: 200 });
    const { calls } = await server.calls(id, 4);
    const waits = calls.map(({ attributes }) => Number(attributes['db.client.connection.wait_time'] ?? 0));
    waits.sort((a, b) => a - b);
    expect(waits[0]).toBe(0);
    for (let n = 1; n < 4; n++) expect(waits[n]).toBeGreaterThan((waits[n - 1] ?? 0) + 0.005);
  });

  it.each(drivers)('that gives up waiting for a connection is an error (%s)', async (driver) => {
    expect(await server.get(driver, '/giveup?after=40', `${driver}-giveup`)).toMatchObject({ status: 200 });
    const { calls } = await server.calls(`${driver}-giveup`, 1);
    expect(calls.map(said)).toEqual(['select items !context.deadlineExceededError']);
    expect(calls[0]?.attributes['db.client.connection.wait_time']).toBeGreaterThan(0.035);
    expect(calls[0]?.attributes['db.system.name']).toBe(systems[driver]);
  });

  it.each(['pgx', 'pq', 'mysql'] as const)('whose connection was lost is one span (%s)', async (driver) => {
    expect(await server.get(driver, '/lost', `${driver}-lost`)).toMatchObject({ status: 200 });
    const { calls } = await server.calls(`${driver}-lost`, 3);
    expect(calls.filter((span) => requestOf(span) === `${driver}-lost`).map(said)).toEqual(['select items']);
    expect(calls).toHaveLength(3);
  });

  it.each(drivers)('that gets no connection is an error of its system (%s)', async (driver) => {
    expect(await server.get(driver, '/down', `${driver}-down`)).toMatchObject({ status: 200 });
    const { calls } = await server.calls(`${driver}-down`, 1);
    expect(calls[0]?.status.code).toBe(SpanStatusCode.ERROR);
    expect(calls[0]?.attributes).toMatchObject({ 'db.system.name': systems[driver] });
    expect(calls[0]?.attributes).not.toHaveProperty('server.address');
  });

  it('costs at most three hits, and none for the rows that are read', async () => {
    // Before database/sql had `retry`, its return is a hit of each call of the pool.
    const more = build.go === '1.19' ? 1 : 0;
    const hits = async (): Promise<number> => {
      const { byProbe } = (await server.traced.tracer.stats()).hits;
      const db = Object.entries(byProbe).filter(([name]) => name.startsWith('db_'));
      return db.reduce((sum, [, count]) => sum + count, 0);
    };
    for (const [route, most] of [
      ['/exec', 2],
      ['/ping', 2],
      ['/query', 3],
      ['/rows?rows=1000', 3],
      ['/tx', 3 + 2 + 3 + 3 + 3],
    ] as const) {
      for (const driver of drivers) {
        const before = await hits();
        expect(await server.get(driver, route, `hits-${driver}`)).toMatchObject({ status: 200 });
        expect([route, driver, (await hits()) - before <= most + more]).toEqual([route, driver, true]);
      }
    }
  });

  it('is under its own request among many', { timeout }, async () => {
    const routes = ['/query', '/exec', '/prepared', '/conn', '/tx', '/nested', '/fanout?count=5', '/spread'];
    const counts = [1, 1, 6, 8, 5, 4, 5, 3];
    const jobs = Array.from({ length: 200 }, (_, n) => ({
      id: `m${n}`,
      driver: drivers[n % drivers.length] as Driver,
      // Every route with every driver.
      route: Math.floor(n / drivers.length) % routes.length,
    }));
    const replies = await Promise.all(
      jobs.map(({ driver, route, id }) => server.get(driver, routes[route] as string, id)),
    );
    expect(replies.filter(({ status }) => status !== 200).map(({ body }) => body)).toEqual([]);
    for (const { id, route } of jobs) {
      const { calls } = await server.calls(id, counts[route] as number);
      expect({ id, calls: calls.length }).toEqual({ id, calls: counts[route] });
      for (const call of calls) expect(requestOf(call) ?? id).toBe(id);
    }
    expect(straysOf(server.traced, 'm').map(said)).toEqual([]);
  });

  it('in which the server is killed is an error, and so are those that come after', { timeout }, async () => {
    const slow = (['pgx', 'pq', 'mysql'] as const).map((driver) =>
      server.get(driver, '/slow', `${driver}-slow`),
    );
    await new Promise((done) => setTimeout(done, 500));
    await Promise.all([server.postgres.kill(), server.mariadb.kill()]);
    for (const reply of await Promise.all(slow)) expect(reply.status).toBe(200);
    for (const driver of ['pgx', 'pq', 'mysql'] as const) {
      const { calls } = await server.calls(`${driver}-slow`, 1);
      expect(calls).toHaveLength(1);
      expect(calls[0]?.status.code).toBe(SpanStatusCode.ERROR);
      expect((await server.get(driver, '/query', `${driver}-dead`)).status).toBe(502);
      const { calls: later } = await server.calls(`${driver}-dead`, 1);
      expect(later).toHaveLength(1);
      expect(later[0]?.status.code).toBe(SpanStatusCode.ERROR);
    }
  });
}
