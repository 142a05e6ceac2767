/**
 * The server that a target of gRPC names.
 * Source: https://github.com/grpc/grpc/blob/master/doc/naming.md
 */
import { type HostPort, splitHostPort } from './host-port.ts';

/** Of the resolver `dns`, for a host without one. */
const DNS_PORT = 443;
/** Schemes that may stand before a colon alone; another word there is a host. */
const RESOLVERS = new Set(['dns', 'passthrough', 'unix', 'unix-abstract', 'xds']);

/**
 * `host:port`, `dns:///host:port`, `dns://8.8.8.8/host`, `passthrough:///…`, `unix:path`. What another resolver is asked for (`xds:///name`) is
 * an address without a port. Undefined when nothing is left.
 */
export function serverOfTarget(target: string): HostPort | undefined {
  const [, scheme = '', authority, endpoint = ''] =
    /^([a-z][a-z0-9+.-]*):(\/\/[^/]*\/)?(.*)$/i.exec(target) ?? [];
  const isScheme = authority !== undefined || RESOLVERS.has(scheme);
  if (!isScheme) return splitHostPort(target);
  if (scheme === 'unix' || scheme === 'unix-abstract') {
    // `unix:///path` is that path, whose first slash was taken for the end of an authority.
    const path = authority === undefined ? endpoint : `/${endpoint}`;
    return path === '' ? undefined : { address: path };
  }
  const server = splitHostPort(endpoint);
  return server && scheme === 'dns' ? { port: DNS_PORT, ...server } : server;
}
