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
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}

/** Paths that encoding leaves as they are; nearly all are. */
const plainPath = /^[\w;,/:@&=+$\-.!~*'()]*$/;

/** Percent-encodes a decoded path (`url.URL.Path` in Go) so that it can stand in a URL. */
export function encodePath(path: string): string {
  if (plainPath.test(path)) return path;
  return encodeURI(path.replaceAll(/\p{Surrogate}/gu, '\uFFFD'))
    .replaceAll('?', '%3F')
    .replaceAll('#', '%23');
}

/** The parts of an absolute URL; `path` is decoded, `query` is raw. */
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
  return `${scheme ? `${scheme}:` : ''}//${authority}${encodePath(rooted)}${query ? `?${redactQuery(query)}` : ''}`;
}
