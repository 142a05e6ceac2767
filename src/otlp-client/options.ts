/** Options of an OTLP exporter, and their check: every mistake is a `TypeError` or `RangeError` that names the option. */
import { headerFault } from './headers.ts';

/** All optional; what is missing comes from the standard `OTEL_EXPORTER_OTLP_*` variables, then from the defaults. */
export interface OtlpOptions {
  /**
   * Where to send: `http://host:port`, `https://host:port` or `unix:/path`. For HTTP the path of the signal
   * (`/v1/traces`, `/v1/metrics`) is added when the URL has none; a URL with a path is used as it is.
   * Default: `http://localhost:4318`, or `http://localhost:4317` for gRPC.
   */
  readonly url?: string;
  /** Default: `grpc` for an endpoint at port 4317, else `http/protobuf`. */
  readonly protocol?: 'grpc' | 'http/protobuf';
  /** Sent with each request (for gRPC as metadata), beside those of the environment. `host` replaces the URL's. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For one request, in milliseconds; from 1 to 86,400,000, default 10,000. */
  readonly timeoutMillis?: number;
  /** Default `none`. `zstd` needs Node 22.15 or 23.8; before that it is `gzip`. */
  readonly compression?: 'none' | 'gzip' | 'zstd';
  /** No TLS for a gRPC endpoint without `http://` or `https://`. Default false. */
  readonly insecure?: boolean;
  /** Authorities to trust instead of those that Node knows: path of a PEM file, or the PEM itself. */
  readonly certificate?: string | Uint8Array;
  /** Key of the client for mutual TLS: path of a PEM file, or the PEM itself. */
  readonly clientKey?: string | Uint8Array;
  /** Certificate of the client for mutual TLS: path of a PEM file, or the PEM itself. */
  readonly clientCertificate?: string | Uint8Array;
}

const DAY_MS = 86_400_000;

type Check = (name: string, value: unknown) => void;

const checks: Readonly<Record<keyof OtlpOptions, Check>> = {
  url: nonEmptyText,
  protocol: oneOf('grpc', 'http/protobuf'),
  headers,
  timeoutMillis: milliseconds,
  compression: oneOf('none', 'gzip', 'zstd'),
  insecure: boolean,
  certificate: pem,
  clientKey: pem,
  clientCertificate: pem,
};

/** @throws {TypeError | RangeError} An option that is `undefined` counts as not given. */
export function checkOtlpOptions(options: unknown): OtlpOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`options must be an object, not ${shown(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name)) {
      throw new TypeError(`options has no ${name}; it may have ${Object.keys(checks).join(', ')}`);
    }
    if (value !== undefined) checks[name as keyof OtlpOptions](name, value);
  }
  return options as OtlpOptions;
}

function nonEmptyText(name: string, value: unknown): void {
  if (typeof value === 'string' && value.trim() !== '') return;
  throw new TypeError(`${name} must be a non-empty string, not ${shown(value)}`);
}

function oneOf(...choices: readonly string[]): Check {
  return (name, value) => {
    if (typeof value === 'string' && choices.includes(value)) return;
    const error = typeof value === 'string' ? RangeError : TypeError;
    throw new error(`${name} must be one of ${choices.join(', ')}, not ${shown(value)}`);
  };
}

function milliseconds(name: string, value: unknown): void {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, not ${shown(value)}`);
  if (Number.isInteger(value) && value >= 1 && value <= DAY_MS) return;
  throw new RangeError(`${name} must be an integer from 1 to ${DAY_MS}, not ${value}`);
}

function boolean(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new TypeError(`${name} must be true or false, not ${shown(value)}`);
}

/** The value is not shown: it may be a key. */
function pem(name: string, value: unknown): void {
  if ((typeof value === 'string' && value !== '') || value instanceof Uint8Array) return;
  throw new TypeError(`${name} must be a path, or a PEM as a string or bytes`);
}

/** Values are not shown: they may be tokens. */
function headers(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${name} must be an object of strings, not ${shown(value)}`);
  }
  for (const [header, text] of Object.entries(value)) {
    const which = `${name}: ${JSON.stringify(header)}`;
    if (typeof text !== 'string') throw new TypeError(`${which} must be a string`);
    const fault = headerFault(header.toLowerCase(), text);
    if (fault !== undefined) throw new RangeError(`${which} cannot be sent: ${fault}`);
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
