/** The acceptance target (`test/fixtures/acceptance/server`) as a running process, and requests to it from outside. */

import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { Child } from './child.ts';

export interface Reply {
  /** 0 when the connection ended without an answer. */
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

export interface RequestOptions {
  readonly method?: string;
  /** Several values of one name are several headers. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Hang up after that many milliseconds. */
  readonly abandonAfterMs?: number;
}

/** A started Go server that has said where it listens. */
export class GoServer {
  readonly child: Child;
  /** `http://host:port` */
  readonly url: string;
  /** `https://host:port`, when it has one. */
  readonly tlsUrl: string | undefined;
  readonly #agent: Agent;

  private constructor(child: Child, url: string, tlsUrl: string | undefined) {
    this.child = child;
    this.url = url;
    this.tlsUrl = tlsUrl;
    this.#agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  }

  /** Starts a built server and waits until it listens. */
  static async start(binary: string, env: Readonly<Record<string, string>> = {}): Promise<GoServer> {
    return await GoServer.of(new Child(binary, [], { env }));
  }

  /** Takes a process that was started otherwise and waits until it listens, for the `run`-th time. */
  static async of(child: Child, run = 1): Promise<GoServer> {
    await child.output(new RegExp(`(^listening \\S+$[^]*){${run}}`, 'm'));
    const address = [...child.stdout.matchAll(/^listening (\S+)$/gm)].at(-1)?.[1];
    const tls = [...child.stdout.matchAll(/^listening-tls (\S+)$/gm)].at(-1)?.[1];
    return new GoServer(child, `http://${address}`, tls === undefined ? undefined : `https://${tls}`);
  }

  get pid(): number {
    return this.child.pid;
  }

  /** One request over a kept connection; never rejects for what the server does with it. */
  async get(path: string, options: RequestOptions = {}): Promise<Reply> {
    return await new Promise((done) => {
      const gone = (): void => done({ status: 0, body: '', headers: {} });
      const { method = 'GET', headers = {} } = options;
      const sent = request(`${this.url}${path}`, { agent: this.#agent, method, headers }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        response.on('end', () => done({ status: response.statusCode ?? 0, body, headers: response.headers }));
        response.on('error', gone);
      });
      sent.on('error', gone);
      if (options.abandonAfterMs !== undefined) setTimeout(() => sent.destroy(), options.abandonAfterMs);
      sent.end();
    });
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#agent.destroy();
    await this.child.stop(signal);
  }
}
