/** An early look at the endpoint. */
import { connect } from 'node:net';
import { classifyFailure, type ExportFailure } from '../export/export-failure.ts';

const CONNECT_TIMEOUT_MS = 2_000;

/**
 * Opens a TCP connection to the endpoint and closes it: a collector that is down is said at the start, not after the
 * first batch and its retries. Undefined when it could be reached, or when there is no TCP port to try.
 */
export function probeEndpoint(url: string): Promise<ExportFailure | undefined> {
  const { protocol, hostname, port } = new URL(url);
  if (protocol === 'unix:') return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || (protocol === 'https:' ? 443 : 80)),
      timeout: CONNECT_TIMEOUT_MS,
    });
    const finish = (failure: ExportFailure | undefined): void => {
      socket.destroy();
      resolve(failure);
    };
    socket.unref();
    socket.once('connect', () => finish(undefined));
    socket.once('timeout', () => finish(classifyFailure(new Error('Request timed out'))));
    socket.once('error', (error) => finish(classifyFailure(error)));
  });
}
