/** What reads the body of a span of each family. A family that is in `wire.h` and not here does not compile. */
import type { SpanFamily } from '../wire/wire.gen.ts';
import type { BodyReader } from './body-reader.ts';
import { dbCallReader } from './db-call.ts';
import { httpExchangeReader } from './http-exchange.ts';
import { waitReader } from './wait-body.ts';

export const bodyReaders = { http: httpExchangeReader, db: dbCallReader, wait: waitReader } satisfies Record<
  SpanFamily,
  // biome-ignore lint/suspicious/noExplicitAny: what recurs of each is its own affair
  BodyReader<any, any>
>;

/** What each family knows of a span. */
export type Bodies = { [Family in SpanFamily]: ReturnType<(typeof bodyReaders)[Family]['readBody']> };
