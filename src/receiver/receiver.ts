/** Listens for OTLP from any SDK or collector. Owns its servers; what comes is the services' matter. */
import { createServer, type Server } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { GoidspanError } from '../errors.ts';
import type { SpanStore } from '../page-api/span-store.ts';
import type { Admission } from './admission.ts';
import type { GrpcMethods } from './grpc-method.ts';
import { GrpcService } from './grpc-service.ts';
import { HttpService } from './http-service.ts';
import { Intake, type IntakeCounts } from './intake.ts';

export interface ReceiverOptions extends Admission {
  readonly host: string;
  /** 0: any that is free. */
  readonly grpcPort: number;
  readonly httpPort: number;
  /** What else is answered on the port of gRPC. */
  readonly methods?: GrpcMethods | undefined;
}

/** For what is under way when it is closed. */
const CLOSE_DEADLINE_MS = 2_000;
const STREAMS_MAX = 100;
/** A message of 4 MiB needs no round trip. */
const WINDOW_BYTES = 4 * 2 ** 20;

export class Receiver {
  readonly #grpc: Http2Server;
  readonly #http: Server;
  readonly #intake: Intake;
  readonly #sessions = new Set<{ close(): void }>();
  /** A session that is being closed waits for the other end to close its connection, whatever it is told. */
  readonly #sockets = new Set<Socket>();

  /** @throws {GoidspanError} `cannot_listen`; nothing is left open then. */
  static async open(
    store: Pick<SpanStore, 'append'>,
    { host, grpcPort, httpPort, token, methods }: ReceiverOptions,
  ): Promise<Receiver> {
    const receiver = new Receiver(store, { token }, methods);
    try {
      await listen(receiver.#grpc, host, grpcPort);
      await listen(receiver.#http, host, httpPort);
    } catch (error) {
      await receiver.close();
      throw error;
    }
    return receiver;
  }

  private constructor(
    store: Pick<SpanStore, 'append'>,
    admission: Admission,
    methods: GrpcMethods | undefined,
  ) {
    this.#intake = new Intake(store);
    const grpc = new GrpcService(this.#intake, admission, methods);
    const http = new HttpService(this.#intake, admission);
    const settings = { initialWindowSize: WINDOW_BYTES, maxConcurrentStreams: STREAMS_MAX };
    this.#grpc = createHttp2Server({ settings });
    this.#grpc.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#grpc.on('session', (session) => {
      this.#sessions.add(session);
      session.on('close', () => this.#sessions.delete(session));
      // Of all streams of a connection together.
      session.setLocalWindowSize(WINDOW_BYTES);
    });
    this.#grpc.on('stream', (stream, headers) => void grpc.handle(stream, headers));
    this.#http = createServer((request, response) => void http.handle(request, response));
    for (const server of [this.#grpc, this.#http]) server.on('error', () => {});
  }

  /** Where OTLP is taken, as `OTEL_EXPORTER_OTLP_ENDPOINT` wants it. */
  get endpoints(): { readonly grpc: string; readonly http: string } {
    return { grpc: urlOf(this.#grpc), http: urlOf(this.#http) };
  }

  get counts(): Readonly<IntakeCounts> {
    return this.#intake.counts;
  }

  /** What is under way is finished, up to a deadline. Idempotent; never rejects. */
  async close(): Promise<void> {
    for (const session of this.#sessions) session.close();
    const closed = [this.#grpc, this.#http].map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    this.#http.closeIdleConnections();
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
      this.#http.closeAllConnections();
    }, CLOSE_DEADLINE_MS);
    await Promise.all(closed);
    clearTimeout(timer);
  }
}

/** @throws {GoidspanError} `cannot_listen`. */
export async function listen(server: Server | Http2Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException): void => {
      const remedy = error.code === 'EADDRINUSE' ? 'another process listens there: choose another port' : '';
      const said = `cannot listen at ${host}:${port}: ${error.code ?? error.message}`;
      reject(new GoidspanError('cannot_listen', remedy ? `${said} (${remedy})` : said, { cause: error }));
    };
    server.once('error', refused);
    server.listen(port, host, () => {
      server.off('error', refused);
      resolve();
    });
  });
}

/** Of a server that listens. */
export function urlOf(server: Server | Http2Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
