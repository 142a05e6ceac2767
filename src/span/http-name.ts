/** The low-cardinality names of an HTTP exchange: method, route and span name. */

/** RFC 9110 and PATCH (RFC 5789), as the conventions count them as known. */
export const KNOWN_METHODS: ReadonlySet<string> = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'TRACE',
]);

/** What stands for a method that is not known. */
export const OTHER_METHOD = '_OTHER';

/**
 * The route of a `http.ServeMux` pattern, which is `[METHOD ][HOST]/[PATH]`: `GET example.com/items/{id}` is
 * `/items/{id}`. Undefined when the pattern has no path.
 * Source: https://pkg.go.dev/net/http@go1.23.0#hdr-Patterns-ServeMux
 */
export function routeOf(pattern: string): string | undefined {
  const slash = pattern.indexOf('/');
  return slash === -1 ? undefined : pattern.slice(slash);
}

/** `{method} {route}`, or `{method}` alone; an unknown method is written `HTTP`. */
export function spanName(method: string, route: string | undefined): string {
  const verb = method === OTHER_METHOD ? 'HTTP' : method;
  return route === undefined ? verb : `${verb} ${route}`;
}
