/**
 * The page and its API as the browser of the tests gets them: `dist/page` and answers from recorded spans, with the headers that
 * the page must live with. The seam of these tests: whoever serves spans and says where may stand here instead.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { SpanHit } from '../../../src/page-api/answers.ts';
import type { OtlpRequest } from './otlp.ts';
import { RecordedReader } from './recorded-reader.ts';

const page = fileURLToPath(new URL('../../../dist/page/', import.meta.url));
const files: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'app.js': 'text/javascript; charset=utf-8',
  'app.css': 'text/css; charset=utf-8',
};
const policy = [
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:",
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "require-trusted-types-for 'script'; trusted-types 'none'",
].join('; ');

export interface ServedPage {
  /** Ends with a slash. */
  readonly url: string;
  /** Keeps more spans; who looks at the live tail sees them. */
  append(requests: readonly OtlpRequest[]): void;
  stop(): Promise<void>;
}

export async function servePage(requests: readonly OtlpRequest[]): Promise<ServedPage> {
  const reader = new RecordedReader();
  reader.add(requests);
  const watchers = new Set<ServerResponse>();
  // How soon a large trace is there is to be measured of the page, not of this server.
  const traces = new Map<string, string>();
  const server = createServer((request, response) => {
    answer({ reader, watchers, traces }, request, response).catch((error: Error) =>
      response.writeHead(500).end(JSON.stringify({ error: error.message })),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    append(more) {
      const hits = reader.add(more);
      traces.clear();
      for (const watcher of watchers) tell(watcher, hits);
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function tell(watcher: ServerResponse, hits: readonly SpanHit[]): void {
  watcher.write(`event: spans\ndata: ${JSON.stringify(hits.slice(0, 50))}\n\n`);
  if (hits.length > 50) watcher.write(`event: skipped\ndata: ${hits.length - 50}\n\n`);
}

interface Serving {
  readonly reader: RecordedReader;
  readonly watchers: Set<ServerResponse>;
  /** Answers by their path. */
  readonly traces: Map<string, string>;
}

async function answer(
  { reader, watchers, traces }: Serving,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://page');
  response.setHeader('content-security-policy', policy);
  response.setHeader('x-content-type-options', 'nosniff');
  if (pathname === '/api/live') {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': here\n\n');
    watchers.add(response);
    response.on('close', () => watchers.delete(response));
    return;
  }
  if (pathname.startsWith('/api/')) {
    const kept = traces.get(pathname);
    if (kept !== undefined) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(kept);
      return;
    }
    const told = await api(reader, pathname.slice(5).split('/').map(decodeURIComponent), searchParams);
    const body = told ?? { error: `cannot find ${pathname}: it is not kept (it may be too old)` };
    response.writeHead(told === undefined ? 404 : 200, { 'content-type': 'application/json' });
    const text = JSON.stringify(body);
    if (told !== undefined && pathname.startsWith('/api/trace/')) traces.set(pathname, text);
    response.end(text);
    return;
  }
  const name = pathname === '/' ? 'index.html' : pathname.slice(1);
  const type = Object.hasOwn(files, name) ? files[name] : undefined;
  if (type === undefined) response.writeHead(404).end();
  else response.writeHead(200, { 'content-type': type }).end(await readFile(page + name));
}

async function api(
  reader: RecordedReader,
  [what, traceId = '', spanId = '']: readonly string[],
  params: URLSearchParams,
): Promise<unknown> {
  const number = (name: string): number | undefined =>
    params.has(name) ? Number(params.get(name)) : undefined;
  const text = (name: string): string | undefined => params.get(name) ?? undefined;
  const range = { fromUs: number('from') ?? 0, toUs: number('to') ?? Number.MAX_SAFE_INTEGER };
  const operation = { service: text('service') ?? '', name: text('name') ?? '', kind: number('kind') ?? 0 };
  const bounds = { minNs: number('min'), maxNs: number('max') };
  switch (what) {
    case 'services':
      return reader.services(range);
    case 'operations':
      return reader.operations({ ...range, service: text('service') });
    case 'scatter':
      return reader.scatter({ ...operation, ...range, ...bounds, points: number('points') ?? 2000 });
    case 'compare': {
      const around = { fromUs: number('aroundFrom') ?? range.fromUs, toUs: number('aroundTo') ?? range.toUs };
      return reader.compare({ ...operation, ...range, ...bounds, around });
    }
    case 'search': {
      const attributes = params.getAll('attribute').map((pair) => {
        const [key = '', value = ''] = pair.split(/=(.*)/s);
        return { key, value };
      });
      const filter = { service: text('service'), name: text('name'), kind: number('kind') };
      const top = { isError: params.get('error') === 'true', waitTop: text('wait'), cause: text('cause') };
      return reader.search({
        ...filter,
        ...range,
        ...bounds,
        ...top,
        attributes,
        limit: number('limit') ?? 50,
      });
    }
    case 'trace':
      return reader.trace(traceId);
    case 'span':
      return reader.span(traceId, spanId);
    case 'state':
      return reader.state();
    default:
      return undefined;
  }
}
