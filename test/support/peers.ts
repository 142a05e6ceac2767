/** A real Jaeger and a real OpenTelemetry Collector on free loopback ports. `.scripts/peers.mjs` builds them. */

import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Requirement } from './capabilities.ts';
import { Child, eventually } from './child.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Jaeger, which is a collector with more components too; likewise. */
export const jaegerBinary = join(root, '.cache/peers/jaeger');
/** The OpenTelemetry Collector; it exists where {@link peers} is satisfied. */
export const collectorBinary = join(root, '.cache/peers/otelcol');
const jaegerConfig = join(root, 'otel-config/jaeger.yaml');
const jaegerOverUs = join(root, 'otel-config/jaeger/goidspan-storage.yaml');
const plainCollectorConfig = join(root, 'test/support/debug-collector.yaml');
const collectorConfig = join(root, 'otel-config/collector.yaml');

/** Are both peers built? */
export const peers: Requirement = () =>
  existsSync(jaegerBinary) && existsSync(collectorBinary)
    ? undefined
    : 'Jaeger and the collector are not built (node .scripts/peers.mjs; needs Go)';

export interface Jaeger {
  readonly pid: number;
  /** `http://host:port` of OTLP over gRPC. */
  readonly otlpGrpc: string;
  /** `http://host:port` of OTLP over HTTP, without `/v1/traces`. */
  readonly otlpHttp: string;
  /** `http://host:port` of the query API. */
  readonly query: string;
  stop(): Promise<void>;
}

export interface Collector {
  readonly otlpGrpc: string;
  readonly otlpHttp: string;
  /** What it has logged so far; its debug exporter says how many spans came. */
  log(): string;
  stop(): Promise<void>;
}

/** Starts a Jaeger with an empty memory store, or over one of ours, `http://host:port` of its receiver of gRPC. */
export async function startJaeger({
  uiConfig,
  storage,
}: {
  uiConfig?: string;
  storage?: string | undefined;
} = {}): Promise<Jaeger> {
  const [grpc, http, query, queryGrpc] = await freePorts(4);
  const backend = 'extensions.jaeger_storage.backends.goidspan.grpc.endpoint';
  const child = new Child(jaegerBinary, [
    ...(storage === undefined
      ? ['--config', jaegerConfig]
      : ['--config', jaegerOverUs, '--set', `${backend}=${new URL(storage).host}`]),
    ...['--set', `receivers.otlp.protocols.grpc.endpoint=127.0.0.1:${grpc}`],
    ...['--set', `receivers.otlp.protocols.http.endpoint=127.0.0.1:${http}`],
    ...['--set', `extensions.jaeger_query.http.endpoint=127.0.0.1:${query}`],
    ...['--set', `extensions.jaeger_query.grpc.endpoint=127.0.0.1:${queryGrpc}`],
    ...(uiConfig === undefined ? [] : ['--set', `extensions.jaeger_query.ui.config_file=${uiConfig}`]),
  ]);
  await child.output(/Everything is ready/);
  return {
    pid: child.pid,
    otlpGrpc: `http://127.0.0.1:${grpc}`,
    otlpHttp: `http://127.0.0.1:${http}`,
    query: `http://127.0.0.1:${query}`,
    // Nothing to save, and a polite stop waits for idle HTTP connections.
    stop: async () => void (await child.stop('SIGKILL')),
  };
}

/** The page of its UI. */
export const jaegerHtml = async ({ query }: Jaeger): Promise<string> => (await fetch(query)).text();

/**
 * Starts a collector that passes on to the OTLP/gRPC endpoint `forwardTo` (`http://host:port`). Its log counts what came;
 * with `verbosity` normal it says each span and each point.
 */
export async function startCollector({
  forwardTo,
  verbosity = 'basic',
}: {
  forwardTo: string;
  verbosity?: 'basic' | 'normal';
}): Promise<Collector> {
  const [grpc, http] = await freePorts(2);
  const child = new Child(collectorBinary, [
    ...['--config', collectorConfig],
    ...['--set', `receivers.otlp.protocols.grpc.endpoint=127.0.0.1:${grpc}`],
    ...['--set', `receivers.otlp.protocols.http.endpoint=127.0.0.1:${http}`],
    ...['--set', `exporters.otlp.endpoint=${new URL(forwardTo).host}`],
    ...['--set', `exporters.debug.verbosity=${verbosity}`],
  ]);
  await child.output(/Everything is ready/);
  return {
    otlpGrpc: `http://127.0.0.1:${grpc}`,
    otlpHttp: `http://127.0.0.1:${http}`,
    log: () => child.stdout + child.stderr,
    stop: async () => void (await child.stop()),
  };
}

/** A collector that says how many spans came, before it answers, and does nothing else. */
export interface PlainCollector {
  readonly otlpGrpc: string;
  readonly otlpHttp: string;
  /** Spans that have come so far. */
  arrived(): number;
  kill(): Promise<void>;
}

/** The command line of such a collector. */
export const plainCollectorArgs = (grpc: number, http: number): string[] => [
  ...['--config', plainCollectorConfig],
  ...['--set', `receivers.otlp.protocols.grpc.endpoint=127.0.0.1:${grpc}`],
  ...['--set', `receivers.otlp.protocols.http.endpoint=127.0.0.1:${http}`],
];

/** Starts one, in place of `former` if that is given. */
export async function startPlainCollector(former?: PlainCollector): Promise<PlainCollector> {
  const portOf = (url: string): number => Number(new URL(url).port);
  const ports = former && [portOf(former.otlpGrpc), portOf(former.otlpHttp)];
  const [grpc = 0, http = 0] = ports ?? (await freePorts(2));
  const child = new Child(collectorBinary, plainCollectorArgs(grpc, http));
  await child.output(/Everything is ready/);
  return {
    otlpGrpc: `http://127.0.0.1:${grpc}`,
    otlpHttp: `http://127.0.0.1:${http}`,
    arrived: () =>
      [...child.stderr.matchAll(/"spans": (\d+)/g)].reduce((sum, [, spans]) => sum + Number(spans), 0),
    kill: async () => void (await child.stop('SIGKILL')),
  };
}

/** What the real binaries say of the committed configurations, by their names below `otel-config`; empty when nothing is wrong. */
export async function validateConfigs(): Promise<Readonly<Record<string, string>>> {
  const configs = {
    'jaeger.yaml': jaegerBinary,
    'jaeger/goidspan-storage.yaml': jaegerBinary,
    'clickhouse/jaeger.yaml': jaegerBinary,
    'collector.yaml': collectorBinary,
    'clickhouse/host-collector.yaml': collectorBinary,
  };
  const said = await Promise.all(
    Object.entries(configs).map(async ([name, binary]) => {
      const child = new Child(binary, ['validate', '--config', join(root, 'otel-config', name)], {
        env: { CLICKHOUSE_PASSWORD: 'none' },
      });
      return (await child.ended) === 0 ? [] : [[name, child.stderr.trim()] as const];
    }),
  );
  return Object.fromEntries(said.flat());
}

/** A span as Jaeger's query API gives it, reduced to what tests look at. */
export interface JaegerSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** Spans it refers to other than its parent. */
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly name: string;
  /** Microseconds since the epoch. */
  readonly startUs: number;
  readonly durationUs: number;
  /** Attributes by name, `span.kind` and `otel.status_code` among them. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Resource attributes by name. */
  readonly resource: Readonly<Record<string, unknown>>;
  readonly service: string;
}

export interface JaegerTrace {
  readonly traceId: string;
  readonly spans: readonly JaegerSpan[];
}

/**
 * The traces of a service, as soon as `until` is satisfied with them (at once if there is any, by default).
 * Fails when that does not happen within `timeoutMs`.
 */
export async function jaegerTraces(
  jaeger: Pick<Jaeger, 'query'>,
  service: string,
  { until = (traces: JaegerTrace[]) => traces.length > 0, timeoutMs = 20_000, limit = 20_000 } = {},
): Promise<JaegerTrace[]> {
  const address = `${jaeger.query}/api/traces?service=${encodeURIComponent(service)}&limit=${limit}&lookback=1h`;
  return await eventually(`expected traces of ${service} in Jaeger`, timeoutMs, async () => {
    const response = await fetch(address);
    const { data } = (await response.json()) as { data: RawTrace[] | null };
    const traces = (data ?? []).map(parseTrace);
    return until(traces) ? traces : undefined;
  });
}

interface RawTag {
  readonly key: string;
  readonly value: unknown;
}

interface RawTrace {
  readonly traceID: string;
  readonly spans: readonly {
    readonly traceID: string;
    readonly spanID: string;
    readonly operationName: string;
    readonly references: readonly { refType: string; traceID: string; spanID: string }[];
    readonly startTime: number;
    readonly duration: number;
    readonly tags: readonly RawTag[];
    readonly processID: string;
  }[];
  readonly processes: Readonly<
    Record<string, { readonly serviceName: string; readonly tags: readonly RawTag[] }>
  >;
}

function parseTrace(raw: RawTrace): JaegerTrace {
  const spans = raw.spans.map((span): JaegerSpan => {
    const parent = span.references.find(
      (reference) => reference.refType === 'CHILD_OF' && reference.traceID === span.traceID,
    );
    const host = raw.processes[span.processID];
    return {
      traceId: span.traceID,
      spanId: span.spanID,
      parentSpanId: parent?.spanID,
      links: span.references
        .filter((reference) => reference !== parent)
        .map((reference) => ({ traceId: reference.traceID, spanId: reference.spanID })),
      name: span.operationName,
      startUs: span.startTime,
      durationUs: span.duration,
      attributes: byKey(span.tags),
      resource: byKey(host?.tags ?? []),
      service: host?.serviceName ?? '',
    };
  });
  return { traceId: raw.traceID, spans };
}

function byKey(tags: readonly RawTag[]): Record<string, unknown> {
  return Object.fromEntries(tags.map((tag) => [tag.key, tag.value]));
}

/** Ports that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      return server;
    }),
  );
  return await Promise.all(
    servers.map(async (server) => {
      const address = server.address();
      await new Promise((done) => server.close(done));
      if (address === null || typeof address === 'string') throw new Error('no port');
      return address.port;
    }),
  );
}
