/** The options of the store and the page, and the command `serve`. Pure. */
import type { ParseArgsConfig } from 'node:util';
import { PAGE_PORT, STORE_AGE_MS, STORE_BYTES } from '../page-api/limits.ts';
import {
  bytesOf,
  GENERAL,
  jaegerUrlOf,
  parseOptions,
  parseOptionsAndOne,
  portOf,
  routesOf,
  secondsOf,
  spanOfTimeOf,
  urlOf,
  usage,
} from './option-values.ts';

/** Where spans are kept, and for how long. */
export interface StoreOptions {
  /** Undefined: the default of the platform. */
  readonly folder: string | undefined;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** A Jaeger that has the spans, too: only figures of them are kept here. */
  readonly spansInJaeger: string | undefined;
}

/** A page, and what is behind it. */
export interface PageOptions {
  readonly store: StoreOptions;
  /** Undefined: the usual one, or another if that is taken. */
  readonly port: number | undefined;
  /** Of a Jaeger that shows the same traces. */
  readonly jaegerUrl?: string | undefined;
}

/** A recording on a page. */
export interface OpenInvocation {
  readonly kind: 'open';
  readonly file: string;
  readonly port: number | undefined;
  readonly routes: readonly string[] | undefined;
  readonly durationSeconds: number | undefined;
}

/** What Jaeger must be told of a page. */
export interface JaegerUiConfig {
  readonly kind: 'jaeger-ui-config';
  /** URL of the page. */
  readonly page: string;
}

/** Spans of anybody, kept and shown. */
export interface Serve {
  readonly kind: 'serve';
  readonly store: StoreOptions;
  readonly host: string;
  readonly port: number;
  readonly grpcPort: number;
  readonly httpPort: number;
  readonly isJaegerStorage: boolean;
  readonly jaegerUrl: string | undefined;
  /** Undefined: what is kept here is shown. */
  readonly fromJaeger: string | undefined;
  readonly token: string | undefined;
  readonly durationSeconds: number | undefined;
}

const LOOPBACK = '127.0.0.1';
/** Registered for OTLP. */
const GRPC_PORT = 4317;
const HTTP_PORT = 4318;

const STORE = {
  store: { type: 'string' },
  'store-bytes': { type: 'string' },
  'store-age': { type: 'string' },
  'spans-in-jaeger': { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

/** Of commands that trace. */
export const PAGE = {
  ...STORE,
  page: { type: 'boolean' },
  'page-port': { type: 'string' },
  'jaeger-url': { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

const SERVE = {
  ...GENERAL,
  ...STORE,
  host: { type: 'string' },
  port: { type: 'string' },
  'otlp-grpc-port': { type: 'string' },
  'otlp-http-port': { type: 'string' },
  'jaeger-storage': { type: 'boolean' },
  'jaeger-url': { type: 'string' },
  'from-jaeger': { type: 'string' },
  token: { type: 'string' },
  duration: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

/** Of no use where another keeps the spans. */
const OF_KEEPING = [
  'store',
  'store-bytes',
  'store-age',
  'spans-in-jaeger',
  'otlp-grpc-port',
  'otlp-http-port',
  'jaeger-storage',
] as const;

type Values<Options> = { readonly [Name in keyof Options]?: string | boolean | undefined };

/** Undefined: no page. Whatever says how it should be asks for it. */
export function pageOptionsOf(command: string, values: Values<typeof PAGE>): PageOptions | undefined {
  if (Object.keys(PAGE).every((name) => values[name as keyof typeof PAGE] === undefined)) return undefined;
  const port = values['page-port'];
  return {
    store: storeOptionsOf(command, values),
    port: port === undefined ? undefined : portOf(command, 'page-port', String(port)),
    jaegerUrl: linkUrlOf(command, values),
  };
}

function linkUrlOf(
  command: string,
  { 'jaeger-url': url }: { readonly 'jaeger-url'?: string | boolean | undefined },
): string | undefined {
  return url === undefined ? undefined : jaegerUrlOf(command, 'jaeger-url', String(url));
}

/** What a store is that nobody has said anything of. */
export const USUAL_STORE: StoreOptions = {
  folder: undefined,
  maxBytes: STORE_BYTES,
  maxAgeMs: STORE_AGE_MS,
  spansInJaeger: undefined,
};

function storeOptionsOf(command: string, values: Values<typeof STORE>): StoreOptions {
  const { store, 'store-bytes': bytes, 'store-age': age, 'spans-in-jaeger': jaeger } = values;
  if (store === '') throw usage(command, '--store needs a value');
  return {
    folder: store === undefined ? undefined : String(store),
    maxBytes: bytes === undefined ? USUAL_STORE.maxBytes : bytesOf(command, 'store-bytes', String(bytes)),
    maxAgeMs: age === undefined ? USUAL_STORE.maxAgeMs : spanOfTimeOf(command, 'store-age', String(age)),
    spansInJaeger: jaeger === undefined ? undefined : jaegerUrlOf(command, 'spans-in-jaeger', String(jaeger)),
  };
}

const OPEN = {
  ...GENERAL,
  'page-port': { type: 'string' },
  route: { type: 'string', multiple: true },
  duration: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

/** Whether help or the version is asked for, and else what. */
interface Parsed<Wanted> {
  readonly values: { help?: boolean; version?: boolean };
  readonly wanted: () => Wanted;
}

export function parseOpen(args: readonly string[]): Parsed<OpenInvocation> {
  const { values, one } = parseOptionsAndOne('open', args, OPEN, 'recording');
  const { 'page-port': port, route, duration } = values;
  const wanted = (): OpenInvocation => {
    if (one === undefined) throw usage('open', 'the recording is missing');
    return {
      kind: 'open',
      file: one,
      port: port === undefined ? undefined : portOf('open', 'page-port', port),
      routes: routesOf('open', route),
      durationSeconds: duration === undefined ? undefined : secondsOf('open', 'duration', duration),
    };
  };
  return { values, wanted };
}

export function parseJaegerUiConfig(args: readonly string[]): Parsed<JaegerUiConfig> {
  const values = parseOptions('jaeger-ui-config', args, { ...GENERAL, page: { type: 'string' } });
  const { page = `http://${LOOPBACK}:${PAGE_PORT}` } = values;
  return {
    values,
    wanted: () => ({ kind: 'jaeger-ui-config', page: urlOf('jaeger-ui-config', 'page', page).href }),
  };
}

export function parseServe(args: readonly string[]): Parsed<Serve> {
  const values = parseOptions('serve', args, SERVE);
  const port = (name: 'port' | 'otlp-grpc-port' | 'otlp-http-port', usual: number): number =>
    values[name] === undefined ? usual : portOf('serve', name, values[name]);
  const wanted = (): Serve => {
    const empty = (['host', 'token'] as const).find((name) => values[name] === '');
    if (empty !== undefined) throw usage('serve', `--${empty} needs a value`);
    const from = values['from-jaeger'];
    const keeping = from === undefined ? undefined : OF_KEEPING.find((name) => values[name] !== undefined);
    if (keeping !== undefined)
      throw usage('serve', `--${keeping}: with --from-jaeger nothing is taken and nothing is kept here`);
    if (values['jaeger-storage'] && values['spans-in-jaeger'] !== undefined)
      throw usage('serve', '--spans-in-jaeger: a Jaeger that has its storage here has no spans of its own');
    return {
      kind: 'serve',
      store: storeOptionsOf('serve', values),
      host: values.host ?? LOOPBACK,
      port: port('port', PAGE_PORT),
      grpcPort: port('otlp-grpc-port', GRPC_PORT),
      httpPort: port('otlp-http-port', HTTP_PORT),
      isJaegerStorage: values['jaeger-storage'] === true,
      jaegerUrl: linkUrlOf('serve', values),
      fromJaeger: from === undefined ? undefined : jaegerUrlOf('serve', 'from-jaeger', from),
      token: values.token,
      durationSeconds:
        values.duration === undefined ? undefined : secondsOf('serve', 'duration', values.duration),
    };
  };
  return { values, wanted };
}
