/** A handler that sends a GET to Redis by go-redis: two spans a request. */
import { startRedis } from '../../support/databases.ts';
import { buildGo } from '../../support/go-build.ts';
import { storesBuilds } from '../../support/stores-server.ts';
import type { Row } from '../bench.ts';
import { againstFloor } from './against-floor.ts';

export const redisCalls: Row = async (bench) => {
  const [build] = storesBuilds;
  if (build === undefined) return [];
  const target = await buildGo(build);
  const redis = await startRedis();
  try {
    return await againstFloor(
      { ...bench, target },
      {
        row: 'redis-calls',
        what: 'a GET to Redis by go-redis',
        path: '/redis/nil?id=r',
        env: { REDIS: redis.address },
        goal: { atLeast: 0.9 },
      },
    );
  } finally {
    await redis.stop();
  }
};
