/** How OTLP leaves: options of the caller, then the standard variables, then the defaults of the specification. */

import { type Setting, type Signal, variableOf, variablesOf } from '../export/variables.ts';
import { hasZstd } from './compress.ts';
import { type PemSource, type TlsSettings, tlsSettingsOf } from './credentials.ts';
import { defaultProtocolOf, type Endpoint, normalEndpointOf, type Protocol } from './endpoint.ts';
import { parseHeaders } from './headers.ts';
import type { OtlpOptions } from './options.ts';

/** Complete, and plain data: it may be posted to a worker. Holds secrets: not for messages. */
export interface OtlpSettings {
  readonly signal: Signal;
  readonly protocol: Protocol;
  /** `http://host:port[/path]`, `https://…` or `unix:///path`: for HTTP with the path of the signal. Has no secrets. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** For one request. */
  readonly timeoutMs: number;
  /** What this Node can do of what was wanted. */
  readonly compression: 'none' | 'gzip' | 'zstd';
  /** Empty where the URL is not `https://`. */
  readonly tls: TlsSettings;
}

type Warn = (message: string) => void;

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * `warn` is told of each variable that cannot be used, by name; it then counts as not set. `options` are as
 * `checkOtlpOptions` let them through.
 * @throws {GoidspanError} `bad_endpoint` for an endpoint or a certificate that cannot be used.
 */
export function otlpSettingsOf(
  env: NodeJS.ProcessEnv,
  warn: Warn,
  signal: Signal = 'traces',
  options: OtlpOptions = {},
): OtlpSettings {
  const read = (setting: Setting) => variableOf(env, signal, setting);
  const endpoint = endpointOf(options, read('ENDPOINT'));
  const protocol = options.protocol ?? protocolOf(read('PROTOCOL'), endpoint, warn);
  const isInsecure = options.insecure ?? isTrue(read('INSECURE'), warn);
  const { url, credentials } = normalEndpointOf(endpoint, protocol, signal, isInsecure);
  const source = (option: 'certificate' | 'clientKey' | 'clientCertificate', setting: Setting) =>
    pemSourceOf(options[option], option, read(setting));
  return {
    signal,
    protocol,
    url,
    headers: {
      ...(credentials !== undefined && {
        authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
      }),
      ...headersOf(env, signal, warn),
      ...lowerCased(options.headers ?? {}),
    },
    timeoutMs: options.timeoutMillis ?? timeoutOf(read('TIMEOUT'), warn),
    compression: possible(options.compression ?? compressionOf(read('COMPRESSION'), warn), warn),
    tls: url.startsWith('https:')
      ? tlsSettingsOf({
          ca: source('certificate', 'CERTIFICATE'),
          cert: source('clientCertificate', 'CLIENT_CERTIFICATE'),
          key: source('clientKey', 'CLIENT_KEY'),
        })
      : {},
  };
}

type Variable = ReturnType<typeof variableOf>;

function endpointOf({ url }: OtlpOptions, variable: Variable): Endpoint | undefined {
  if (url !== undefined) return { text: url.trim(), isBase: !/^\w+:\/\/[^/]+\/./.test(url.trim()) };
  return variable && { text: variable.text, isBase: !variable.isForSignal };
}

function protocolOf(variable: Variable, endpoint: Endpoint | undefined, warn: Warn): Protocol {
  if (!variable) return defaultProtocolOf(endpoint);
  const { name, text } = variable;
  if (text === 'grpc' || text === 'http/protobuf') return text;
  warn(`${name}=${text} is not supported (using http/protobuf)`);
  return 'http/protobuf';
}

function isTrue(variable: Variable, warn: Warn): boolean {
  if (!variable) return false;
  const text = variable.text.toLowerCase();
  if (text !== 'true' && text !== 'false') {
    warn(`${variable.name}=${variable.text} is neither true nor false (using false)`);
  }
  return text === 'true';
}

/** Those of the signal are added to the general ones and win. */
function headersOf(env: NodeJS.ProcessEnv, signal: Signal, warn: Warn): Record<string, string> {
  const [first, second] = variablesOf(env, signal, 'HEADERS').map(({ name, text }) =>
    parseHeaders(text, (what) => warn(`${name}: ${what} (left out)`)),
  );
  return { ...second, ...first };
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function timeoutOf(variable: Variable, warn: Warn): number {
  if (!variable) return DEFAULT_TIMEOUT_MS;
  if (/^[1-9]\d{0,7}$/.test(variable.text)) return Number(variable.text);
  warn(`${variable.name}=${variable.text} is not a positive integer (using ${DEFAULT_TIMEOUT_MS})`);
  return DEFAULT_TIMEOUT_MS;
}

function compressionOf(variable: Variable, warn: Warn): OtlpSettings['compression'] {
  if (!variable) return 'none';
  const { name, text } = variable;
  if (text === 'none' || text === 'gzip' || text === 'zstd') return text;
  warn(`${name}=${text} is not supported (using none)`);
  return 'none';
}

function possible(compression: OtlpSettings['compression'], warn: Warn): OtlpSettings['compression'] {
  if (compression !== 'zstd' || hasZstd) return compression;
  warn(`compression with zstd needs Node 22.15 or 23.8, and this is ${process.version} (using gzip)`);
  return 'gzip';
}

function pemSourceOf(
  option: string | Uint8Array | undefined,
  name: string,
  variable: Variable,
): PemSource | undefined {
  if (option !== undefined) return { from: option, name };
  return variable && { from: variable.text, name: variable.name };
}
