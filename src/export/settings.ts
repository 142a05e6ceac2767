/**
 * The standard `OTEL_*` variables that choose where spans go and in what portions. Pure: the environment comes in.
 * Headers, certificates, compression and timeouts of OTLP are read by the exporters themselves.
 */
import { GoidspanError } from '../errors.ts';

/** Where the environment sends spans. */
export type Destination = 'otlp' | 'console';

/** Queue and batches of a `BatchSpanProcessor`; times in milliseconds. */
export interface BatchSettings {
  readonly maxQueueSize: number;
  readonly maxExportBatchSize: number;
  readonly scheduledDelayMillis: number;
  readonly exportTimeoutMillis: number;
}

/** How OTLP leaves. */
export interface OtlpSettings {
  readonly protocol: 'grpc' | 'http/protobuf';
  /** As the exporter wants it: for HTTP with the path of the signal, for gRPC as it was given. */
  readonly url: string;
}

type Warn = (message: string) => void;

/**
 * Reads `OTEL_SDK_DISABLED`, `OTEL_TRACES_EXPORTER` and whether an endpoint is set. Undefined when the environment
 * does not say, so that the caller's default counts; an empty list when it says `none`.
 */
export function destinationsOf(env: NodeJS.ProcessEnv, warn: Warn): readonly Destination[] | undefined {
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') return [];
  const names = (env['OTEL_TRACES_EXPORTER'] ?? '').split(',').map((name) => name.trim());
  const chosen = new Set<Destination>();
  for (const name of names) {
    if (name === 'none') return [];
    if (name === 'otlp' || name === 'console') chosen.add(name);
    else if (name !== '') warn(`OTEL_TRACES_EXPORTER=${name} is not supported (use otlp, console or none)`);
  }
  if (chosen.size > 0) return [...chosen];
  return endpointOf(env) === undefined ? undefined : ['otlp'];
}

/**
 * Reads `OTEL_EXPORTER_OTLP_[TRACES_]PROTOCOL` and `…_ENDPOINT`. Without a protocol it is `http/protobuf`, as the
 * specification has it, but for port 4317, which is registered for OTLP over gRPC.
 * @throws {GoidspanError} `bad_endpoint`.
 */
export function otlpSettingsOf(env: NodeJS.ProcessEnv, warn: Warn): OtlpSettings {
  const endpoint = endpointOf(env);
  const protocol = protocolOf(env, endpoint?.text, warn);
  if (protocol === 'grpc') {
    const url = endpoint?.text ?? 'http://localhost:4317';
    parseUrl(/^\w+:\/\//.test(url) ? url : `https://${url}`, url, ['http:', 'https:', 'unix:']);
    return { protocol, url };
  }
  const text = endpoint?.text ?? 'http://localhost:4318';
  const url = parseUrl(text, text, ['http:', 'https:']);
  if (!endpoint?.isForTraces) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
  return { protocol, url: url.href };
}

function endpointOf(env: NodeJS.ProcessEnv): { text: string; isForTraces: boolean } | undefined {
  const forTraces = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']?.trim();
  if (forTraces) return { text: forTraces, isForTraces: true };
  const forAll = env['OTEL_EXPORTER_OTLP_ENDPOINT']?.trim();
  return forAll ? { text: forAll, isForTraces: false } : undefined;
}

function protocolOf(
  env: NodeJS.ProcessEnv,
  endpoint: string | undefined,
  warn: Warn,
): OtlpSettings['protocol'] {
  const text =
    env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL']?.trim() || env['OTEL_EXPORTER_OTLP_PROTOCOL']?.trim();
  if (text === 'grpc' || text === 'http/protobuf') return text;
  if (text) warn(`OTEL_EXPORTER_OTLP_PROTOCOL=${text} is not supported (using http/protobuf)`);
  return !text && /:4317\/?$/.test(endpoint ?? '') ? 'grpc' : 'http/protobuf';
}

function parseUrl(text: string, asGiven: string, schemes: readonly string[]): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && schemes.includes(url.protocol)) return url;
  throw new GoidspanError(
    'bad_endpoint',
    `cannot export to ${JSON.stringify(asGiven)}: not a URL of OTLP (set OTEL_EXPORTER_OTLP_ENDPOINT, ` +
      'for example to http://localhost:4318)',
  );
}

/**
 * The specification's defaults for `OTEL_BSP_*`, but for a larger queue: records come from the kernel in bursts of
 * thousands, and a span in the queue takes about 2 kB.
 */
const DEFAULT_BATCH: BatchSettings = {
  maxQueueSize: 16_384,
  maxExportBatchSize: 512,
  scheduledDelayMillis: 5_000,
  exportTimeoutMillis: 30_000,
};

/** Reads `OTEL_BSP_*`; a value that is not a positive integer is said and ignored. */
export function batchSettingsOf(env: NodeJS.ProcessEnv, warn: Warn): BatchSettings {
  const read = (name: string, fallback: number): number => {
    const text = env[name]?.trim();
    if (!text) return fallback;
    if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
    warn(`${name}=${text} is not a positive integer (using ${fallback})`);
    return fallback;
  };
  const maxQueueSize = read('OTEL_BSP_MAX_QUEUE_SIZE', DEFAULT_BATCH.maxQueueSize);
  return {
    maxQueueSize,
    maxExportBatchSize: Math.min(
      read('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', DEFAULT_BATCH.maxExportBatchSize),
      maxQueueSize,
    ),
    scheduledDelayMillis: read('OTEL_BSP_SCHEDULE_DELAY', DEFAULT_BATCH.scheduledDelayMillis),
    exportTimeoutMillis: read('OTEL_BSP_EXPORT_TIMEOUT', DEFAULT_BATCH.exportTimeoutMillis),
  };
}
