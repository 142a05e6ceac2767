/** The API of the page: a path and its query → what the reader answers. Owns which path is what. */
import type { AgentState } from '../page-api/agent-state.ts';
import type { JaegerState } from '../page-api/answers.ts';
import type { SpanReader } from '../page-api/span-store.ts';
import { ParameterError, Parameters } from './parameters.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What is told of a store by others than itself. */
export interface Surroundings {
  readonly jaeger: JaegerState | undefined;
  readonly agent: AgentState | undefined;
}

type Route = (reader: SpanReader, parameters: Parameters, around: () => Surroundings) => Promise<unknown>;

const routes: Readonly<Record<string, Route>> = {
  services: (reader, parameters) => reader.services(parameters.range()),
  operations: (reader, parameters) =>
    reader.operations({ ...parameters.range(), service: parameters.text('service') }),
  scatter: (reader, parameters) =>
    reader.scatter({ ...parameters.operationQuery(), points: parameters.points }),
  compare: (reader, parameters) =>
    reader.compare({ ...parameters.operationQuery(), around: parameters.range('aroundFrom', 'aroundTo') }),
  search: (reader, parameters) => reader.search(parameters.search()),
  state: async (reader, _, around) => {
    const { jaeger, agent } = around();
    return { ...(await reader.state()), ...(jaeger && { jaeger }), ...(agent && { agent }) };
  },
};

/** `path` stands behind `/api/`. Undefined: there is no such thing. Rejects with what the reader does. */
export async function answerOf(
  reader: SpanReader,
  path: string,
  query: URLSearchParams,
  nowUs: number,
  around: () => Surroundings,
): Promise<Answer | undefined> {
  try {
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (route) return { status: 200, body: await route(reader, new Parameters(query, nowUs), around) };
    return await byId(reader, path, new Parameters(query, nowUs));
  } catch (error) {
    if (error instanceof ParameterError) return { status: 400, body: { error: error.message } };
    throw error;
  }
}

async function byId(reader: SpanReader, path: string, parameters: Parameters): Promise<Answer | undefined> {
  const [, kind, traceId = '', spanId] = /^(trace|span|flame)\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  if (kind === undefined || (kind !== 'trace') !== (spanId !== undefined)) return undefined;
  if (!/^[0-9a-f]{32}$/.test(traceId)) throw new ParameterError(`${traceId} is no trace id (32 hex digits)`);
  if (spanId === undefined) return found(await reader.trace(traceId), `trace ${traceId}`);
  if (!/^[0-9a-f]{16}$/.test(spanId)) throw new ParameterError(`${spanId} is no span id (16 hex digits)`);
  const what = `span ${spanId} of trace ${traceId}`;
  if (kind === 'flame') return found(await reader.flame(traceId, spanId, parameters.flameScope), what);
  return found(await reader.span(traceId, spanId), what);
}

function found(body: unknown, what: string): Answer {
  if (body !== undefined) return { status: 200, body };
  const error = `${what} is not here: it was not kept, has been removed for its age or for room, or has not ended yet`;
  return { status: 404, body: { error } };
}
