/**
 * The route of a request, of what the routers on its way have called it. Each has its own notation, which stays:
 * `/items/{id}`, `/items/:id`.
 */

/** The same few come again and again. */
const KNOWN_MAX = 1_024;
const known = new Map<string, string | undefined>();

/**
 * The route that `HTTP_TEXT_PATTERN` tells: the pattern of a `http.ServeMux`, and behind it a line for each other router, in which tabs
 * divide what it has of muxes that are mounted in it (chi). Undefined when none has a path.
 */
export function routeOf(pattern: string): string | undefined {
  const route = known.get(pattern);
  if (route !== undefined || known.has(pattern)) return route;
  if (known.size >= KNOWN_MAX) known.clear();
  const made = joined(pattern);
  known.set(pattern, made);
  return made;
}

function joined(pattern: string): string | undefined {
  const [ofMux = '', ...others] = pattern.split('\n');
  const routes = [routeOfMux(ofMux), ...others.map(routeOfLine)].filter((route) => route !== undefined);
  return routes.length === 0 ? undefined : routes.reduce(joinRoutes);
}

/**
 * A pattern of a `http.ServeMux` is `[METHOD ][HOST]/[PATH]`: the route of `GET example.com/items/{id}` is `/items/{id}`.
 * Source: https://pkg.go.dev/net/http@go1.23.0#hdr-Patterns-ServeMux
 */
function routeOfMux(pattern: string): string | undefined {
  const slash = pattern.indexOf('/');
  return slash === -1 ? undefined : pattern.slice(slash);
}

/** Of parts as chi joins them: what a wildcard stands for at which a mux is mounted follows. */
function routeOfLine(line: string): string | undefined {
  const parts = line.split('\t');
  if (parts.length === 1) return line === '' ? undefined : line;
  let route = parts.join('');
  for (let shorter = ''; shorter !== route; ) {
    shorter = route;
    route = route.replaceAll('/*/', '/');
  }
  return route === '/' ? route : route.replace(/\/+$/, '');
}

/**
 * The route of a request that has passed two routers. The one around the other takes all that begins like its own route; the
 * other one has that beginning too, or it was taken away before (`http.StripPrefix`). `outer` is the first by all that is known.
 */
function joinRoutes(outer: string, inner: string): string {
  const [outerPrefix, innerPrefix] = [prefixOf(outer), prefixOf(inner)];
  const [outerParts, innerParts] = [partsOf(outer), partsOf(inner)];
  const takesAll = outerPrefix.length < outerParts.length;
  const innerTakesAll = innerPrefix.length < innerParts.length;
  if (beginsWith(innerParts, outerPrefix)) return inner;
  if (innerTakesAll && beginsWith(outerParts, innerPrefix)) return outer;
  const isInside = takesAll || !innerTakesAll;
  return `/${(isInside ? [...outerPrefix, ...innerParts] : [...innerPrefix, ...outerParts]).join('/')}`;
}

const partsOf = (route: string): string[] => route.replace(/^\//, '').split('/');

/** Without a last part that stands for any number of them: `/`, `*`, `*name`, `+`, `{name...}`. */
function prefixOf(route: string): string[] {
  const parts = partsOf(route);
  return /^$|^[*+]|\.\.\.\}$/.test(parts.at(-1) ?? '') ? parts.slice(0, -1) : parts;
}

const isWildcard = (part: string): boolean => /^[:{*]/.test(part);

function beginsWith(parts: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((part, index) => {
    const other = parts[index];
    return other !== undefined && (other === part || (isWildcard(other) && isWildcard(part)));
  });
}
