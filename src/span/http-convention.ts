/** The HTTP conventions: name, error and attributes of a server or client span. */
import type { SpanFactOf } from '../correlate/fact.ts';
import type { AttributeSink } from './attribute-sink.ts';
import type { Convention, Description } from './conventions.ts';
import { addClientAttributes, addServerAttributes, addSharedAttributes } from './http-attributes.ts';
import { isRedirectOfMux, KNOWN_METHODS, OTHER_METHOD, routeOf, spanName } from './http-name.ts';
import { decodePath } from './url.ts';

type HttpFact = SpanFactOf<'http'>;

interface HttpDescription extends Description {
  readonly method: string;
  readonly route: string | undefined;
}

export const httpConvention: Convention<HttpFact, HttpDescription> = {
  describe(fact: HttpFact): HttpDescription {
    const { method: sent } = fact.body;
    const method = KNOWN_METHODS.has(sent) ? sent : OTHER_METHOD;
    const route = fact.spanKind === 'server' ? routeIn(fact) : undefined;
    return { name: spanName(method, route), method, route };
  },

  /** A status of 500 and above is an error, for clients of 400 and above. */
  errorType({ spanKind, body: { statusCode } }: HttpFact): string | undefined {
    const firstError = spanKind === 'client' ? 400 : 500;
    return statusCode !== undefined && statusCode >= firstError ? String(statusCode) : undefined;
  },

  addAttributes(sink: AttributeSink, { spanKind, body }: HttpFact, { method, route }: HttpDescription): void {
    addSharedAttributes(sink, body, method);
    if (spanKind === 'server') addServerAttributes(sink, body, route);
    else addClientAttributes(sink, body);
  },
};

function routeIn({ body: { pattern, path, pathIsEscaped }, cut }: HttpFact): string | undefined {
  if (!pattern) return undefined;
  const decoded = pathIsEscaped ? decodePath(path) : path;
  return isRedirectOfMux(pattern, cut.includes('pattern'), decoded) ? undefined : routeOf(pattern);
}
