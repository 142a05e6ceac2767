/**
 * Who may talk to us. On a loopback address everybody on this host, but no page of a browser in the name of somebody else: a page's request
 * names the host that it was loaded from, also where that has been made to mean this one (DNS rebinding), and says its origin. Elsewhere
 * whoever has the token.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

export interface Admission {
  /** Undefined: loopback only. */
  readonly token: string | undefined;
}

/** Why not, with the status of HTTP; undefined: it may. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly reason: string;
}

export function refusalOf(
  { token }: Admission,
  headers: IncomingHttpHeaders,
  given = tokenIn(headers),
): Refusal | undefined {
  if (token !== undefined) {
    if (given !== undefined && isSame(given, token)) return undefined;
    return { status: 401, reason: 'the token is missing or wrong (authorization: Bearer TOKEN)' };
  }
  const host = headers[':authority'] ?? headers.host;
  if (typeof host !== 'string' || !isLoopback(host)) {
    return { status: 403, reason: 'only requests to localhost are answered (--token to serve others)' };
  }
  const { origin } = headers;
  if (origin !== undefined && origin !== `http://${host}`) {
    return { status: 403, reason: 'requests of pages that are loaded from elsewhere are not answered' };
  }
  return undefined;
}

/** Of `authorization: Bearer TOKEN`. */
export function tokenIn({ authorization }: IncomingHttpHeaders): string | undefined {
  return /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
}

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Of `host[:port]`: an address of loopback, or `localhost`, which browsers resolve by themselves. */
export function isLoopback(host: string): boolean {
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  if (name === 'localhost' || name === '::1') return true;
  return isIP(name) === 4 && name.startsWith('127.');
}
