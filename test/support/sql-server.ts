/**
 * The target of the tests of database/sql under a live tracer, with the servers that it speaks to. Each statement ends in
 * a comment that says which request it was made for, so that every span is found by its own text.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TracerOptions, TracerStats } from '../../src/tracer/api.ts';
import { callsOf, type RequestCalls } from './database-calls.ts';
import { type Database, startMariadb, startPostgres } from './databases.ts';
import type { GoBuild } from './go-build.ts';
import type { Reply } from './go-server.ts';
import { collecting, TracedServer } from './traced-server.ts';

const dir = 'test/fixtures/sql/server';

/** Two generations of drivers, each with Go releases that they are for. */
export const sqlBuilds: readonly GoBuild[] = [
  { dir, name: 'sql-1.26' },
  { dir, name: 'sql-1.27', go: '1.27.4', flags: ['-ldflags=-s -w', '-trimpath'] },
  { dir, name: 'sql-1.21', go: '1.21.13', flags: ['-modfile=old.mod', '-buildmode=pie'] },
  { dir, name: 'sql-1.19', go: '1.19', flags: ['-modfile=old.mod', '-ldflags=-s -w'] },
];

export const drivers = ['pgx', 'pq', 'mysql', 'sqlite'] as const;
export type Driver = (typeof drivers)[number];

export class SqlServer {
  readonly postgres: Database;
  readonly mariadb: Database;
  readonly traced: TracedServer;
  readonly #data: string;

  private constructor(
    traced: TracedServer,
    data: string,
    [postgres, mariadb]: readonly [Database, Database],
  ) {
    this.traced = traced;
    this.#data = data;
    this.postgres = postgres;
    this.mariadb = mariadb;
  }

  static async start(binary: string, options: Partial<TracerOptions> = {}): Promise<SqlServer> {
    const servers = await Promise.all([startPostgres(), startMariadb()]);
    const data = await mkdtemp(join(tmpdir(), 'goidspan-sqlite-'));
    const [postgres, mariadb] = servers;
    const env = { POSTGRES: postgres.address, MARIADB: mariadb.address, DATA: data };
    const traced = await TracedServer.start(binary, options, collecting, env);
    return new SqlServer(traced, data, servers);
  }

  /** Asks for a route; the id of the request is `id`. */
  async get(driver: Driver, route: string, id: string): Promise<Reply> {
    return await this.traced.server.get(
      `${route}${route.includes('?') ? '&' : '?'}id=${id}&driver=${driver}`,
    );
  }

  /** The spans of a request that was answered: itself, and its calls, which are `count`, in the order of their starts. */
  async calls(id: string, count: number): Promise<RequestCalls> {
    return await callsOf(this.traced, id, count);
  }

  async stop(): Promise<TracerStats> {
    const stats = await this.traced.stop();
    await Promise.all([this.postgres.stop(), this.mariadb.stop()]);
    await rm(this.#data, { recursive: true, force: true });
    return stats;
  }
}
