/** HTTP requests as a person would call them: `GET /items/{id}` that is served, `GET api:8080` that is made. */
import { routeOf } from '../span/http-route.ts';
import type { CallTelling } from './call.ts';

export const httpCall: CallTelling<'http'> = {
  kind: 'upstream',
  nameOf: ({ spanKind, body: { method, pattern, path, host } }) =>
    spanKind === 'server'
      ? `${method} ${(pattern && routeOf(pattern)) ?? path}`
      : `${method} ${host ?? ''}`.trim(),
  routeOf: ({ body: { method, pattern } }) => routeName(method, pattern),
  pathOf: ({ body: { pattern, path, statusCode } }) =>
    pattern === undefined && !isPathOfNothing(statusCode) ? path : undefined,
  poolNs: () => 0,
};

/** Of what is not there, nobody has asked for the same: those who try what there may be ask for anything. */
export const isPathOfNothing = (statusCode: number | undefined): boolean => statusCode === 404;

/** What requests of one route have in common. */
export const routeName = (method: string, pattern: string | undefined): string =>
  pattern ? `${method} ${routeOf(pattern) ?? pattern}` : method;
