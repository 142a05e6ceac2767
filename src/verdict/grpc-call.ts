/** Calls of gRPC as a person would call them, served or made: `shop.Orders/Get`. */
import { methodName } from '../span/grpc-convention.ts';
import type { CallTelling } from './call.ts';

export const grpcCall: CallTelling<'grpc'> = {
  kind: 'upstream',
  nameOf: ({ body: { method } }) => routeOfMethod(method),
  routeOf: ({ body: { method } }) => routeOfMethod(method),
  poolNs: () => 0,
};

/** What requests of one method have in common. */
export const routeOfMethod = (method: string | undefined): string =>
  method === undefined ? 'grpc' : methodName(method);
