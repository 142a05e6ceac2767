/** How a body may be packed, by the names of HTTP and gRPC. */
import type { Encoding } from '../otlp-client/transport.ts';

const encodings: ReadonlyMap<string, Encoding> = new Map([
  ['', 'identity'],
  ['identity', 'identity'],
  ['gzip', 'gzip'],
  ['zstd', 'zstd'],
]);

/** Undefined: none that is known. */
export const encodingOf = (name: unknown): Encoding | undefined =>
  encodings.get(
    String(name ?? '')
      .trim()
      .toLowerCase(),
  );
