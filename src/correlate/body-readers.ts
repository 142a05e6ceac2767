/** What reads the body of a span of each family. A family that is in `wire.h` and not here does not compile. */
import type { SpanFamily } from '../wire/wire.gen.ts';
import type { BodyReader } from './body-reader.ts';
import { dbCallReader } from './db-call.ts';
import type { GcWindow } from './gc-window.ts';
import { grpcCallReader } from './grpc-call.ts';
import { httpExchangeReader } from './http-exchange.ts';
import { waitReader } from './wait-body.ts';

export const bodyReaders = {
  http: httpExchangeReader,
  db: dbCallReader,
  grpc: grpcCallReader,
  wait: waitReader,
} satisfies Record<
  SpanFamily,
  // biome-ignore lint/suspicious/noExplicitAny: what recurs of each is its own affair
  BodyReader<any, any>
>;

type BodiesOfRecords = { [Family in SpanFamily]: ReturnType<(typeof bodyReaders)[Family]['readBody']> };

/** What each family knows of a span. */
export interface Bodies extends Omit<BodiesOfRecords, 'wait'> {
  readonly wait: BodiesOfRecords['wait'] | GcWindow;
}
