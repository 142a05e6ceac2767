/** All probe families of this release, and which of them a level has. */

import { allocTime } from './alloc-time.ts';
import { channel } from './channel.ts';
import { dbPgx } from './db-pgx.ts';
import { dbRedis } from './db-redis.ts';
import { db } from './db-sql.ts';
import { dial } from './dial.ts';
import { gcTime } from './gc-time.ts';
import { goroutine } from './goroutine.ts';
import { goroutineTime } from './goroutine-time.ts';
import { grpcClient } from './grpc-client.ts';
import { grpcServer } from './grpc-server.ts';
import { LEVELS, type ProbeFamily, type ProbeLevel } from './hook.ts';
import { httpClient } from './http-client.ts';
import { httpFiberServer } from './http-fiber.ts';
import { httpServer } from './http-server.ts';
import { mutex } from './mutex.ts';
import { sdk } from './sdk.ts';
import { stacks } from './stacks.ts';

export const families: readonly ProbeFamily[] = [
  goroutine,
  httpServer,
  httpClient,
  dial,
  grpcServer,
  grpcClient,
  db,
  dbPgx,
  dbRedis,
  httpFiberServer,
  sdk,
  goroutineTime,
  channel,
  mutex,
  gcTime,
  allocTime,
  stacks,
];

/** Those of the level and of the ones before it. */
export function familiesOf(level: ProbeLevel): readonly ProbeFamily[] {
  return families.filter((family) => isWithin(family.level, level));
}

/** Whether a level has all that the other one has. */
export function isWithin(level: ProbeLevel, other: ProbeLevel): boolean {
  return LEVELS.indexOf(level) <= LEVELS.indexOf(other);
}

/** The level of the family that the hook with that name belongs to. */
export function levelOf(hook: string): ProbeLevel | undefined {
  return families.find(({ hooks }) => hooks.some(({ name }) => name === hook))?.level;
}

/** The BPF programs of a family. */
export const programsOf = ({ hooks, tracepoints = [] }: ProbeFamily): readonly string[] => [
  ...hooks.map(({ name }) => name),
  ...tracepoints,
];

/** Those of the families that the hooks with these names belong to. */
export const programsFor = (hooks: readonly string[]): readonly string[] =>
  families.filter((family) => family.hooks.some(({ name }) => hooks.includes(name))).flatMap(programsOf);
