/** Writes URLs for attributes: encodes what Go has decoded and leaves secrets out. */

/**
 * Query keys whose values the conventions want replaced; case matters.
 * Source: https://github.com/open-telemetry/semantic-conventions/blob/v1.45.0/docs/registry/attributes/url.md, note to `url.query`.
 */
const SENSITIVE_QUERY_KEYS: ReadonlySet<string> = new Set([
  'AWSAccessKeyId',
  'Signature',
  'X-Amz-Credential',
  'X-Amz-Security-Token',
  'X-Amz-Signature',
  'X-Goog-Signature',
  'sig',
]);

/** A key that must be looked at: a sensitive one, or one that is encoded. Nearly all queries have none. */
const suspectKey = new RegExp(`(?:^|&)(?:${[...SENSITIVE_QUERY_KEYS].join('|')}|[^=&]*[%+][^=&]*)=`);

/** Replaces the values of sensitive keys in a raw query (without `?`) by `REDACTED`; the rest stays as it was. */
export function redactQuery(query: string): string {
  if (!suspectKey.test(query)) return query;
  return query
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      if (equals === -1) return pair;
      return SENSITIVE_QUERY_KEYS.has(decodeKey(pair.slice(0, equals)))
        ? `${pair.slice(0, equals)}=REDACTED`
        : pair;
    })
    .join('&');
}

/** An encoded key (`s%69g`) means the same to the server, so it is compared decoded. */
function decodeKey(key: string): string {
  return decodePath(key.replaceAll('+', ' '));
}

/** Paths that encoding leaves as they are; nearly all are. */
const plainPath = /^[\w;,/:@&=+$\-.~]*$/;

/**
 * Percent-encodes a decoded path (`url.URL.Path` in Go) as Go does: where it says nothing of another encoding, this is
 * what was sent. `*` is no path but all of a server.
 * Source: https://pkg.go.dev/net/url@go1.23.0#URL.EscapedPath
 */
export function encodePath(path: string): string {
  if (plainPath.test(path) || path === '*') return path;
  return encodeURI(path.replaceAll(/\p{Surrogate}/gu, '\uFFFD')).replaceAll(
    /[?#!*'()]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The other way; a path that is encoded wrongly stays as it is. */
export function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** The parts of an absolute URL; path and query are encoded. */
export interface UrlParts {
  readonly scheme?: string | undefined;
  readonly host: string;
  readonly path: string;
  readonly query?: string | undefined;
}

/** `scheme://host/path?query` without credentials and without secrets; without a scheme, `//host/path`. */
export function fullUrl({ scheme, host, path, query }: UrlParts): string {
  const authority = host.slice(host.lastIndexOf('@') + 1);
  const rooted = path === '' || path.startsWith('/') ? path : `/${path}`;
  return `${scheme ? `${scheme}:` : ''}//${authority}${rooted}${query ? `?${redactQuery(query)}` : ''}`;
}
