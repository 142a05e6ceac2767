/**
 * Real PostgreSQL, MariaDB and Redis servers on loopback, with data of their own that go with them. `npm run setup` unpacks
 * them where the host has none.
 */

import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Requirement } from './capabilities.ts';
import { Child, eventually } from './child.ts';
import { freePorts } from './peers.ts';

const unpacked = fileURLToPath(new URL('../../.cache/servers', import.meta.url));
/** Neither server runs as root: they get this user, and may read what root could. */
const nobody = 65_534;

interface Kind {
  /** Folder with the programs, below a root. */
  readonly programs: string;
  readonly server: string;
  readonly package: string;
}

const postgresKind: Kind = {
  programs: 'usr/lib/postgresql/15/bin',
  server: 'postgres',
  package: 'postgresql-15',
};
const mariadbKind: Kind = { programs: 'usr/sbin', server: 'mariadbd', package: 'mariadb-server-core' };

const redisKind: Kind = { programs: 'usr/bin', server: 'redis-server', package: 'redis-server' };

/** The root below which the server is; undefined if there is none. */
const rootOf = ({ programs, server }: Kind): string | undefined =>
  [unpacked, '/'].find((root) => existsSync(join(root, programs, server)));

const has =
  (kind: Kind): Requirement =>
  () =>
    rootOf(kind) === undefined
      ? `no ${kind.server} (npm run setup; Debian package ${kind.package})`
      : undefined;

export const postgres: Requirement = has(postgresKind);
export const mariadb: Requirement = has(mariadbKind);
export const redis: Requirement = has(redisKind);

/** A running server; one that speaks SQL has an empty database `shop`. */
export interface Database {
  /** `host:port` */
  readonly address: string;
  readonly port: number;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Starts a PostgreSQL; its user is `postgres`, without a password. */
export async function startPostgres(): Promise<Database> {
  const bin = join(rootOf(postgresKind) ?? '/', postgresKind.programs);
  const data = await dataFolder('postgres');
  await toEnd(join(bin, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync', '-E', 'UTF8']);
  const [port = 0] = await freePorts(1);
  const options = { fsync: 'off', listen_addresses: '127.0.0.1', max_connections: '300', jit: 'off' };
  const child = asNobody(join(bin, 'postgres'), [
    ...['-D', data, '-p', String(port), '-k', data],
    ...Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  await child.output(/ready to accept connections/, 60_000);
  await toEnd(join(bin, 'createdb'), ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', 'shop']);
  return database(child, data, port);
}

/** Starts a MariaDB; its user is `root`, without a password. */
export async function startMariadb(): Promise<Database> {
  const root = rootOf(mariadbKind) ?? '/';
  const data = await dataFolder('mariadb');
  const base = ['--no-defaults', `--basedir=${join(root, 'usr')}`, `--datadir=${data}`];
  await toEnd(join(root, 'usr/bin/mariadb-install-db'), [
    ...base,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
  ]);
  const [port = 0] = await freePorts(1);
  const child = asNobody(join(root, mariadbKind.programs, mariadbKind.server), [
    ...base,
    ...[`--port=${port}`, '--bind-address=127.0.0.1', `--socket=${join(data, 'socket')}`],
    ...['--max-connections=300', '--innodb-flush-log-at-trx-commit=0', '--plugin-dir=/nowhere'],
    `--init-file=${await initFile(data)}`,
  ]);
  await child.output(/ready for connections/, 60_000);
  return database(child, data, port);
}

/** Starts a Redis that keeps nothing. */
export async function startRedis(args: readonly string[] = []): Promise<Database> {
  const data = await dataFolder('redis');
  const [port = 0] = await freePorts(1);
  const child = asNobody(join(rootOf(redisKind) ?? '/', redisKind.programs, redisKind.server), [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', data, '--save', '', '--appendonly', 'no'],
    ...args,
  ]);
  await child.output(/Ready to accept connections/, 30_000);
  return database(child, data, port);
}

const SLOTS = 16_384;

/** Starts two Redis that are a cluster: each has half of the keys. */
export async function startRedisCluster(): Promise<readonly [Database, Database]> {
  // For the nodes among themselves; by default theirs are too far off to be free for sure.
  const buses = await freePorts(2);
  const start = async (bus = 0): Promise<Database> =>
    await startRedis(['--cluster-enabled', 'yes', '--cluster-port', String(bus)]);
  const nodes = await Promise.all([start(buses[0]), start(buses[1])]);
  const [first, second] = nodes;
  await redisCommand(first, 'cluster', 'addslotsrange', '0', String(SLOTS / 2 - 1));
  await redisCommand(second, 'cluster', 'addslotsrange', String(SLOTS / 2), String(SLOTS - 1));
  await redisCommand(second, 'cluster', 'set-config-epoch', '2');
  await redisCommand(first, 'cluster', 'meet', '127.0.0.1', String(second.port), String(buses[1]));
  await eventually('both nodes of the cluster', 20_000, async () => {
    const states = await Promise.all(nodes.map((node) => redisCommand(node, 'cluster', 'info')));
    const know = states.filter((state) => /cluster_state:ok[\s\S]*cluster_known_nodes:2/.test(state));
    return know.length === states.length || undefined;
  });
  return nodes;
}

/** What a Redis answers to one command, as it comes over the wire. */
async function redisCommand({ port }: Database, ...words: readonly string[]): Promise<string> {
  return await new Promise((done, fail) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${words.join(' ')}\r\nquit\r\n`));
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => {
      answer += part;
    });
    socket.on('error', fail);
    socket.on('close', () => {
      if (answer.startsWith('-')) fail(new Error(answer));
      else done(answer);
    });
  });
}

async function dataFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `goidspan-${name}-`));
  await chmod(folder, 0o700);
  if (process.getuid?.() === 0) await chown(folder, nobody, nobody);
  return folder;
}

async function initFile(data: string): Promise<string> {
  const path = join(data, 'init.sql');
  await writeFile(path, 'create database if not exists shop;\n', { mode: 0o644 });
  return path;
}

/** As another user where this one is root; its programs may lie where only root can look. */
function asNobody(command: string, args: readonly string[]): Child {
  const libraries = join(unpacked, 'usr/lib/x86_64-linux-gnu');
  // What is unpacked for a server that needs it; elsewhere there is no such folder.
  const env = { LD_LIBRARY_PATH: libraries, LC_ALL: 'C.UTF-8' };
  if (process.getuid?.() !== 0) return new Child(command, args, { env });
  const user = [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
  const rights = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
  return new Child('setpriv', [...user, ...rights, command, ...args], { env, cwd: '/' });
}

async function toEnd(command: string, args: readonly string[]): Promise<void> {
  const child = asNobody(command, args);
  const timer = setTimeout(() => void child.stop('SIGKILL'), 120_000);
  const how = await child.ended;
  clearTimeout(timer);
  if (how !== 0)
    throw new Error(`${command} ended with ${how}:\n${(child.stdout + child.stderr).slice(-2_000)}`);
}

async function database(child: Child, data: string, port: number): Promise<Database> {
  await eventually(`connection to port ${port}`, 10_000, () => accepts(port));
  const kill = async (): Promise<void> => void (await child.stop('SIGKILL'));
  return {
    address: `127.0.0.1:${port}`,
    port,
    kill,
    stop: async () => {
      await child.stop('SIGINT');
      await rm(data, { recursive: true, force: true });
    },
  };
}

async function accepts(port: number): Promise<true | undefined> {
  return await new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.on('error', () => done(undefined));
  });
}
