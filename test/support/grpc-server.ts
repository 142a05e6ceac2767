/**
 * The target of the tests of gRPC under a live tracer. What a request of HTTP makes it do is told in the query, which names the
 * request; so does what the gRPC server asks for at the end of a chain of spans.
 */
import { SpanKind } from '@opentelemetry/api';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import type { TracerOptions, TracerStats } from '../../src/tracer/api.ts';
import { eventually } from './child.ts';
import type { GoBuild } from './go-build.ts';
import type { GoServer, Reply } from './go-server.ts';
import { collecting, idOf, isServer, parentOf, queryOf, TracedServer, traceOf } from './traced-server.ts';

const dir = 'test/fixtures/grpc';

/** Two generations of gRPC, each with a Go release that it is for. */
export const grpcBuilds: readonly GoBuild[] = [
  { dir, name: 'grpc-1.85' },
  { dir, name: 'grpc-1.59', go: '1.21.13', flags: ['-modfile=old.mod', '-ldflags=-s -w'] },
];

export const kinds = ['unary', 'server', 'client', 'bidi'] as const;
export const methods: Readonly<Record<(typeof kinds)[number], string>> = {
  unary: 'shop.Orders/Get',
  server: 'shop.Orders/List',
  client: 'shop.Orders/Put',
  bidi: 'shop.Orders/Chat',
};

/** Where it listens: `plain`, `tls`, `unix`, `v6`, `workers`, `handler`. */
export const addressOf = ({ child }: GoServer, name: string): string =>
  new RegExp(`^${name} (\\S+)$`, 'm').exec(child.stdout)?.[1] ?? '';

/** What is to be called, and how: see `test/fixtures/grpc/client.go`. */
export type How = Readonly<Record<string, string | number>>;

/** The spans of one request, as far as they are below each other. */
export interface Chain {
  readonly root: ReadableSpan;
  /** Calls of gRPC that it has made. */
  readonly calls: readonly ReadableSpan[];
  /** What has served these. */
  readonly served: readonly ReadableSpan[];
  /** Requests of HTTP that were made for it, by that or by itself. */
  readonly leaves: readonly ReadableSpan[];
}

export class GrpcServer {
  readonly traced: TracedServer;

  private constructor(traced: TracedServer) {
    this.traced = traced;
  }

  static async start(binary: string, options: Partial<TracerOptions> = {}): Promise<GrpcServer> {
    return new GrpcServer(await TracedServer.start(binary, options, collecting));
  }

  get server(): GoServer {
    return this.traced.server;
  }

  /** Has it call itself, or what `how` says; the body of the reply is the code. */
  async call(id: string, how: How): Promise<Reply> {
    const said = { id, to: addressOf(this.server, 'plain'), kind: 'unary', leaf: this.server.url, ...how };
    const query = new URLSearchParams(
      Object.entries(said).map(([name, value]): [string, string] => [name, String(value)]),
    );
    return await this.server.get(`/call?${query}`);
  }

  /** Waits until there are so many spans of gRPC, made and served, and requests at the end of chains. */
  async chain(id: string, calls = 1, served = calls, leaves = served): Promise<Chain> {
    return await eventually(`request ${id} with ${calls}, ${served}, ${leaves} spans`, 20_000, async () => {
      const { spans } = this.traced;
      const root = spans.find((span) => isServer(span) && queryOf(span).get('id') === id);
      const inTrace = root ? spans.filter((span) => traceOf(span) === traceOf(root)) : [];
      const rpcs = inTrace.filter((span) => span.attributes['rpc.system.name'] === 'grpc');
      const found = {
        calls: rpcs.filter((span) => span.kind === SpanKind.CLIENT),
        served: rpcs.filter(isServer),
        leaves: inTrace.filter((span) => isServer(span) && queryOf(span).has('of')),
      };
      if (
        root &&
        found.calls.length >= calls &&
        found.served.length >= served &&
        found.leaves.length >= leaves
      )
        return { root, ...found };
      await this.traced.settle();
      return undefined;
    });
  }

  async stop(): Promise<TracerStats> {
    return await this.traced.stop();
  }
}

/** Whether each span but the first is below the one before, calls of HTTP between them left out. */
export function isBelow(spans: readonly ReadableSpan[], all: readonly ReadableSpan[]): boolean {
  return spans.slice(1).every((span, index) => {
    const above = idOf(spans[index] as ReadableSpan);
    const parent = all.find((other) => idOf(other) === parentOf(span));
    const isByHttp = parent?.kind === SpanKind.CLIENT && parent.attributes['url.full'] !== undefined;
    return (isByHttp ? parentOf(parent) : parentOf(span)) === above;
  });
}
