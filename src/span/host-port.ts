/** Splits `host:port` texts as Go writes them. Owns no defaults. */

/** An address and, if the text named one, a port (0–65535). */
export interface HostPort {
  readonly address: string;
  readonly port?: number;
}

/** The same few hosts and peers come again and again. */
const KNOWN_MAX = 1_024;
const known = new Map<string, HostPort | undefined>();

/**
 * Splits a Host header, a URL's host or a `RemoteAddr`: `example.com`, `example.com:80`, `[::1]:80`, `::1`.
 * Credentials before an `@` are dropped. Undefined when nothing is left, as for the `@` of a Unix socket.
 */
export function splitHostPort(text: string): HostPort | undefined {
  if (known.has(text)) return known.get(text);
  if (known.size >= KNOWN_MAX) known.clear();
  const split = parse(text);
  known.set(text, split);
  return split;
}

function parse(text: string): HostPort | undefined {
  const bare = text.slice(text.lastIndexOf('@') + 1);
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(bare);
  if (bracketed) return hostPort(bracketed[1] ?? '', bracketed[2]);
  const colon = bare.indexOf(':');
  // More than one colon without brackets is an IPv6 address without a port.
  if (colon === -1 || bare.indexOf(':', colon + 1) !== -1) return hostPort(bare, undefined);
  return hostPort(bare.slice(0, colon), bare.slice(colon + 1));
}

function hostPort(address: string, portText: string | undefined): HostPort | undefined {
  if (address === '') return undefined;
  const port = portText !== undefined && /^\d{1,5}$/.test(portText) ? Number(portText) : undefined;
  return port !== undefined && port <= 65535 ? { address, port } : { address };
}
