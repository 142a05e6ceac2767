/** A handler that makes a unary call of gRPC, which its own process serves at once: three spans a request. */
import { buildGo } from '../../support/go-build.ts';
import { grpcBuilds } from '../../support/grpc-server.ts';
import type { Row } from '../bench.ts';
import { againstFloor } from './against-floor.ts';

export const grpcCalls: Row = async (bench) => {
  const [build] = grpcBuilds;
  if (build === undefined) return [];
  return againstFloor(
    { ...bench, target: await buildGo(build) },
    {
      row: 'grpc-calls',
      what: 'a unary call of gRPC to the same process',
      path: '/load',
      goal: { atLeast: 0.9 },
    },
  );
};
