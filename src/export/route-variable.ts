/** The routes that the environment names. */
import { ROUTE_PATTERN_FORM, routePatternsFault } from '../span/route-pattern.ts';

/** `GOIDSPAN_ROUTES`: patterns with commas between them; undefined if it is not set, or cannot be used: `warn` is told. */
export function routesVariable(
  env: NodeJS.ProcessEnv,
  warn: (message: string) => void,
): readonly string[] | undefined {
  const value = env['GOIDSPAN_ROUTES']?.trim();
  if (value === undefined || value === '') return undefined;
  const routes = value.split(',').map((route) => route.trim());
  const fault = routePatternsFault(routes);
  if (fault === undefined) return routes;
  warn(
    `GOIDSPAN_ROUTES=${value} is ignored: ${fault} (a pattern is ${ROUTE_PATTERN_FORM}; commas divide them)`,
  );
  return undefined;
}
