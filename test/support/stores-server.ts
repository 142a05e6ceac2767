/**
 * The target of the tests of pgx and go-redis under a live tracer, with the servers that it speaks to. Each statement ends in a
 * comment that says which request it was made for, and each key does, so that every span is found by its own text.
 */
import type { TracerOptions, TracerStats } from '../../src/tracer/api.ts';
import { callsOf, type RequestCalls } from './database-calls.ts';
import { type Database, startPostgres, startRedis, startRedisCluster } from './databases.ts';
import type { GoBuild } from './go-build.ts';
import type { Reply } from './go-server.ts';
import { collecting, TracedServer } from './traced-server.ts';

const dir = 'test/fixtures/stores/server';

/** Two generations of both libraries, each with a Go release that they are for. */
export const storesBuilds: readonly GoBuild[] = [
  { dir, name: 'stores-1.26' },
  { dir, name: 'stores-1.21', go: '1.21.13', flags: ['-modfile=old.mod', '-ldflags=-s -w'] },
];

/** Which servers a test needs. */
export type Store = 'postgres' | 'redis' | 'cluster';

export class StoresServer {
  readonly traced: TracedServer;
  readonly #databases: ReadonlyMap<string, readonly Database[]>;

  private constructor(traced: TracedServer, databases: ReadonlyMap<string, readonly Database[]>) {
    this.traced = traced;
    this.#databases = databases;
  }

  /** Keys are told by default: they say for whom a command is. */
  static async start(
    binary: string,
    stores: readonly Store[],
    options: Partial<TracerOptions> = { dbStatement: 'raw' },
  ): Promise<StoresServer> {
    const starts = { postgres: startPostgres, redis: startRedis, cluster: startRedisCluster };
    const entries = await Promise.all(
      stores.map(async (store) => [store, [await starts[store]()].flat()] as const),
    );
    const env = Object.fromEntries(
      entries.map(([store, [first]]) => [store.toUpperCase(), first?.address ?? '']),
    );
    const traced = await TracedServer.start(binary, options, collecting, env);
    return new StoresServer(traced, new Map(entries));
  }

  database(store: Store): Database {
    const [first] = this.#databases.get(store) ?? [];
    if (first === undefined) throw new Error(`no ${store} was started`);
    return first;
  }

  /** Asks for a route; the id of the request is `id`. */
  async get(route: string, id: string): Promise<Reply> {
    return await this.traced.server.get(`${route}${route.includes('?') ? '&' : '?'}id=${id}`);
  }

  /** The spans of a request that was answered: itself, and its calls, which are `count`, in the order of their starts. */
  async calls(id: string, count: number): Promise<RequestCalls> {
    return await callsOf(this.traced, id, count);
  }

  /** Hits of the probes of databases so far. */
  async hits(): Promise<number> {
    const { byProbe } = (await this.traced.tracer.stats()).hits;
    const db = Object.entries(byProbe).filter(([name]) => name.startsWith('db_'));
    return db.reduce((sum, [, count]) => sum + count, 0);
  }

  async stop(): Promise<TracerStats> {
    const stats = await this.traced.stop();
    await Promise.all([...this.#databases.values()].flat().map((database) => database.stop()));
    return stats;
  }
}
