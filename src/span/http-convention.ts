/** The HTTP conventions: name, error and attributes of a server or client span. */
import type { SpanFactOf } from '../correlate/fact.ts';
import type { RecurringExchange } from '../correlate/http-exchange.ts';
import * as names from './attribute-names.ts';
import type { AttributeSink } from './attribute-sink.ts';
import type { Convention, Description } from './convention.ts';
import {
  addClientAttributes,
  addServerAttributes,
  addSharedAttributes,
  addVaryingClientAttributes,
  addVaryingServerAttributes,
} from './http-attributes.ts';
import { CLIENT_DURATION, SERVER_DURATION } from './http-metrics.ts';
import { isRedirectOfMux, KNOWN_METHODS, OTHER_METHOD, redirectOfMux, spanName } from './http-name.ts';
import { routeOf } from './http-route.ts';
import type { SpanSource } from './span-source.ts';
import type { TargetRoutes } from './target-routes.ts';
import { decodePath } from './url.ts';

type HttpFact = SpanFactOf<'http'>;
type RecurringFact = Pick<HttpFact, 'spanKind'> & { readonly body: RecurringExchange };

interface HttpDescription extends Description {
  readonly method: string;
  readonly route: string | undefined;
  /** The path alone tells, so it may differ where all else recurs. */
  readonly isRedirect: boolean;
  /** By which the path may tell its route, likewise, and which one that is. */
  readonly routes: TargetRoutes | undefined;
  readonly named: string | undefined;
}

export const httpConvention: Convention<HttpFact, RecurringFact, HttpDescription> = {
  describe(fact: HttpFact, { routes }: Partial<SpanSource>): HttpDescription {
    const { method: sent, pattern } = fact.body;
    const method = KNOWN_METHODS.has(sent) ? sent : OTHER_METHOD;
    const isServer = fact.spanKind === 'server';
    const mayRedirect = mayBeRedirect(fact);
    const isRedirect = mayRedirect && isRedirectIn(fact);
    const told = isServer && pattern !== undefined && !isRedirect ? routeOf(pattern) : undefined;
    const namedBy = isServer && told === undefined && routes?.areNamed ? routes : undefined;
    const named = namedBy && nameIn(namedBy, fact);
    const wanted = told ?? named;
    const lacksRoute = wanted !== undefined && routes?.admits(wanted) === false;
    const route = lacksRoute ? undefined : wanted;
    const fitsAlike = !mayRedirect && namedBy === undefined;
    const name = spanName(method, route);
    return { name, fitsAlike, lacksRoute, method, route, isRedirect, routes: namedBy, named };
  },

  fits({ isRedirect, routes, named }: HttpDescription, fact: HttpFact): boolean {
    return isRedirectIn(fact) === isRedirect && (routes === undefined || nameIn(routes, fact) === named);
  },

  errorType({ spanKind, body: { statusCode } }: RecurringFact): string | undefined {
    const isError = statusCode !== undefined && isErrorStatus(statusCode, spanKind === 'client');
    return isError ? String(statusCode) : undefined;
  },

  besideSdk: new Set([
    names.HTTP_REQUEST_METHOD,
    names.HTTP_ROUTE,
    names.NETWORK_PEER_ADDRESS,
    names.NETWORK_PEER_PORT,
    names.NETWORK_PROTOCOL_VERSION,
  ]),

  metrics: [SERVER_DURATION, CLIENT_DURATION],

  metricOf: ({ spanKind }: RecurringFact) => (spanKind === 'server' ? SERVER_DURATION : CLIENT_DURATION),

  addRecurring(
    sink: AttributeSink,
    { spanKind, body }: RecurringFact,
    { method, route }: HttpDescription,
  ): void {
    addSharedAttributes(sink, body, method);
    if (spanKind === 'server') addServerAttributes(sink, body, route);
    else addClientAttributes(sink, body);
  },

  addVarying(sink: AttributeSink, { spanKind, body }: HttpFact): void {
    if (spanKind === 'server') addVaryingServerAttributes(sink, body);
    else addVaryingClientAttributes(sink, body);
  },
};

/** A status of 500 and above is an error, for clients of 400 and above. */
export const isErrorStatus = (status: number, isClient: boolean): boolean => status >= (isClient ? 400 : 500);

const nameIn = (routes: TargetRoutes, { body: { method, path } }: HttpFact): string | undefined =>
  routes.nameOf(method, path);

/** Whether it depends on the path. */
const mayBeRedirect = ({ body: { pattern }, cut }: HttpFact): boolean =>
  pattern !== undefined && redirectOfMux(pattern, cut.includes('pattern')) !== undefined;

function isRedirectIn({ body: { pattern, path, pathIsEscaped }, cut }: HttpFact): boolean {
  if (!pattern) return false;
  const decoded = pathIsEscaped ? decodePath(path) : path;
  return isRedirectOfMux(pattern, cut.includes('pattern'), decoded);
}
