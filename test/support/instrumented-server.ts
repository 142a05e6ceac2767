/**
 * The program with an instrumentation of every library (`test/fixtures/instrumented`) under a live tracer, and the databases that it
 * speaks to.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SpanKind } from '@opentelemetry/api';
import type { ReadableSpan } from '../../src/span/readable-span.ts';
import type { TracerStats } from '../../src/tracer/api.ts';
import { eventually } from './child.ts';
import { type Database, startPostgres, startRedis } from './databases.ts';
import { buildGo, type GoBuild } from './go-build.ts';
import { SdkServer } from './sdk-server.ts';
import { traceOf } from './traced-server.ts';
import { type SpanLine, treeOfLines } from './tree-of-lines.ts';

const dir = 'test/fixtures/instrumented';

/** Two generations of the SDK and of all instrumentations, each with a Go release that it is for. */
export const instrumentedBuilds: readonly GoBuild[] = [
  { dir, name: 'instrumented-1.47' },
  { dir, name: 'instrumented-1.24', go: '1.21.13', flags: ['-modfile=old.mod'] },
];

/** What the SDK has spans for whenever a connection is made or taken: on whose behalf depends on the run, or on the version. */
const ofConnections =
  /^(redis\.dial|hello|client|http\.(dns|connect)|redis\.pipeline (hello|client).*|connect|pool\.acquire|sql\.connector\.connect|sql\.conn\.reset_session)$/;

/** A request that was answered. */
export interface AnsweredRequest {
  /** `server/way` */
  readonly path: string;
  readonly id: string;
  /** The trace that the SDK has it in. */
  readonly traceId: string;
}

export class InstrumentedServer {
  readonly sdk: SdkServer;
  readonly #databases: readonly Database[];
  readonly #fiberUrl: string;

  private constructor(sdk: SdkServer, databases: readonly Database[], fiberUrl: string) {
    this.sdk = sdk;
    this.#databases = databases;
    this.#fiberUrl = fiberUrl;
  }

  static async start(
    build: GoBuild,
    env: Readonly<Record<string, string>> = {},
  ): Promise<InstrumentedServer> {
    const binary = await buildGo(build);
    const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
    const at = { POSTGRES: postgres.address, REDIS: redis.address };
    const sdk = await SdkServer.start(binary, { dbStatement: 'raw' }, { ...at, ...env });
    const fiber = /^listening-fiber (\S+)$/m.exec(sdk.traced.server.child.stdout)?.[1];
    return new InstrumentedServer(sdk, [postgres, redis], `http://${fiber}`);
  }

  async request(path: string, id: string): Promise<AnsweredRequest> {
    const server = path.startsWith('fiber/') ? this.#fiberUrl : this.sdk.traced.server.url;
    const reply = await fetch(`${server}/${path}?id=${id}`);
    if (reply.status !== 200) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
    await reply.arrayBuffer();
    return { path, id, traceId: reply.headers.get('trace-id') ?? '' };
  }

  /** What a request has become, once it has as many lines as `tree`; or what it is after a while. */
  async tree({ traceId }: AnsweredRequest, tree: string): Promise<string> {
    const lines = tree.split('\n').length;
    let found = '';
    const isWhole = async (): Promise<true | undefined> => {
      await this.sdk.traced.settle();
      found = this.#treeOf(traceId);
      return found.split('\n').length >= lines || undefined;
    };
    await eventually('the whole tree', 5_000, isWhole).catch(() => {});
    return found;
  }

  #treeOf(traceId: string): string {
    const isOfIt = (span: ReadableSpan): boolean => traceOf(span) === traceId;
    return treeOfLines([
      ...this.sdk.theirs.filter((span) => isOfIt(span) && !isOfConnection(span)).map(theirLine),
      ...this.sdk.ours.filter(isOfIt).map(ourLine),
    ]);
  }

  /** Its SDK has sent all that it had: nothing has come for several times as long as it waits for more (see the fixture). */
  async settled(): Promise<void> {
    for (let known = -1; known !== this.sdk.theirs.length; await sleep(500)) known = this.sdk.theirs.length;
  }

  async stop(): Promise<TracerStats> {
    const stats = await this.sdk.stop();
    await Promise.all(this.#databases.map((database) => database.stop()));
    return stats;
  }
}

/** What a span says of its statement, key or URL: which request it is for, and which call of that. */
export function madeFor({ attributes }: ReadableSpan): { of: string; n: string } | undefined {
  const said = ['db.query.text', 'db.statement', 'url.full', 'url.query', 'http.url']
    .map((name) => decodeURIComponent(String(attributes[name] ?? '')))
    .join(' ');
  const found = /\bof=([\w-]+)[ &]n=(\d)/.exec(said);
  return found === null ? undefined : { of: found[1] as string, n: found[2] as string };
}

export const isOfConnection = ({ name }: ReadableSpan): boolean => ofConnections.test(name);

const kindOf = ({ kind }: ReadableSpan): string => SpanKind[kind];
const numberOf = (span: ReadableSpan): string => madeFor(span)?.n ?? '';

/** In capitals; names of the older generation as the newer one has them. What it says of a command to Redis is not readable in each. */
function theirLine(span: ReadableSpan): SpanLine {
  const name = span.name
    .replace(/^(batch )?query .*/, 'SELECT')
    .replace(/^redis\.pipeline .*/, 'redis.pipeline');
  if (span.kind === SpanKind.SERVER && !name.startsWith('shop.')) return { span, line: 'SERVER' };
  const number = span.attributes['db.system'] === 'redis' ? '' : numberOf(span);
  return { span, line: `${kindOf(span)} ${name} ${number}`.trimEnd() };
}

/** The first word of its name says which operation it is. */
function ourLine(span: ReadableSpan): SpanLine {
  const [operation = ''] = span.name.split(' ');
  const line = span.kind === SpanKind.INTERNAL ? operation : `${kindOf(span).toLowerCase()} ${operation}`;
  return { span, line: `${line} ${numberOf(span)}`.trimEnd() };
}
