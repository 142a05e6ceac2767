/** The low-cardinality names of an HTTP exchange: method, route and span name. */
import { routeOf } from './http-route.ts';

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
 * Has a ServeMux redirected `/users/7` to `/users/7/`? Then (before Go 1.25) `pattern` is that path, which is no route. No
 * pattern that ends in a slash matches a path that lacks only this. Of a pattern that was cut the beginning decides.
 */
export function isRedirectOfMux(pattern: string, wasCut: boolean, path: string): boolean {
  const to = redirectOfMux(pattern, wasCut);
  if (to === undefined || path.endsWith('/')) return false;
  return wasCut ? path.includes(to) : `${path}/`.endsWith(to);
}

/** Where a ServeMux may have redirected to, by the pattern alone; undefined if it has not. Behind a redirect there is no other router. */
export function redirectOfMux(pattern: string, wasCut: boolean): string | undefined {
  if (pattern.includes('\n')) return undefined;
  if (!wasCut && !pattern.endsWith('/')) return undefined;
  const to = routeOf(pattern);
  return to === '/' ? undefined : to;
}

/** The same few routes come again and again. */
const KNOWN_MAX = 1_024;
const knownNames = new Map<string, Map<string, string>>();

/** `{method} {route}`, or `{method}` alone; an unknown method is written `HTTP`. */
export function spanName(method: string, route: string | undefined): string {
  const verb = method === OTHER_METHOD ? 'HTTP' : method;
  return route === undefined ? verb : nameOf(verb, route);
}

/** One string for each, so that it is put together once. */
function nameOf(verb: string, route: string): string {
  const known = knownNames.get(route);
  const name = known?.get(verb);
  if (name !== undefined) return name;
  if (knownNames.size >= KNOWN_MAX) knownNames.clear();
  const made = `${verb} ${route}`;
  if (known) known.set(verb, made);
  else knownNames.set(route, new Map([[verb, made]]));
  return made;
}
