/** Where OTLP goes: the texts of users → one normal form of URL. Pure. */
import { GoidspanError } from '../errors.ts';
import type { Signal } from '../export/variables.ts';

export type Protocol = 'grpc' | 'http/protobuf';

/** An endpoint as the user gave it. */
export interface Endpoint {
  readonly text: string;
  /** The path of the signal is missing: add it to an HTTP URL. */
  readonly isBase: boolean;
}

/** In normal form, and what was in the text beside it. */
export interface NormalEndpoint {
  /** `http://host:port[/path]`, `https://…` or `unix:///path`; gRPC has no path. */
  readonly url: string;
  /** `user:password` of the text, decoded. */
  readonly credentials: string | undefined;
}

const DEFAULT: Readonly<Record<Protocol, Endpoint>> = {
  grpc: { text: 'http://localhost:4317', isBase: true },
  'http/protobuf': { text: 'http://localhost:4318', isBase: true },
};

/** Without a protocol it is `http/protobuf`, as the specification has it, but for port 4317, which is registered for gRPC. */
export function defaultProtocolOf(endpoint: Endpoint | undefined): Protocol {
  return /:4317\/?$/.test(endpoint?.text ?? '') ? 'grpc' : 'http/protobuf';
}

/**
 * For gRPC a text without scheme is TLS unless `isInsecure`; with one, the scheme alone counts. An HTTP base gets
 * `/v1/traces` or `/v1/metrics`.
 * @throws {GoidspanError} `bad_endpoint`.
 */
export function normalEndpointOf(
  endpoint: Endpoint | undefined,
  protocol: Protocol,
  signal: Signal,
  isInsecure: boolean,
): NormalEndpoint {
  const { text, isBase } = endpoint ?? DEFAULT[protocol];
  const socketPath = /^unix:(?:\/\/)?(\/[^\0]*)$/.exec(text)?.[1];
  if (socketPath !== undefined) return { url: `unix://${socketPath}`, credentials: undefined };
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const scheme = hasScheme || protocol !== 'grpc' ? '' : isInsecure ? 'http://' : 'https://';
  const url = parse(`${scheme}${text}`, text);
  const credentials = url.username ? decoded(`${url.username}:${url.password}`) : undefined;
  if (protocol === 'grpc') return { url: url.origin, credentials };
  if (isBase) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/${signal}`;
  return { url: `${url.origin}${url.pathname}${url.search}`, credentials };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parse(text: string, asGiven: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.hostname !== '') return url;
  // What is before an @ may be a password.
  const shown = JSON.stringify(asGiven.replace(/\/\/[^/]*@/, '//…@'));
  throw new GoidspanError(
    'bad_endpoint',
    `cannot export to ${shown}: not a URL of OTLP (set OTEL_EXPORTER_OTLP_ENDPOINT, ` +
      'for example to http://localhost:4318)',
  );
}
