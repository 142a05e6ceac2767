/**
 * The HTTP/2 session to one server: made when it is needed, shared by the calls, made anew when it has ended or shows no
 * life. Nothing here keeps the process alive: a session answers to `unref`, and there are no pings.
 */
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TlsSettings } from './credentials.ts';

/** A session in use by a call. */
export interface Lease {
  readonly session: ClientHttp2Session;
  /** Gives it back; call it once. `isSuspect` says that the server did not answer in time. */
  release(isSuspect: boolean): void;
}

/** Four requests of 3.5 MiB at once, and answers; Node's default of 10 MB is a little less. */
const MAX_SESSION_MEGABYTES = 64;

interface Held {
  readonly session: ClientHttp2Session;
  readonly socket: Socket;
  users: number;
  /** No new calls; destroyed when its last call is over. */
  isRetired: boolean;
}

/** See the header of this file. */
export class Http2Sessions {
  readonly #url: URL;
  readonly #tls: TlsSettings;
  readonly #open = new Set<Held>();
  #current: Held | undefined;

  /** `url` as in `OtlpSettings`. */
  constructor(url: string, tls: TlsSettings) {
    this.#url = new URL(url);
    this.#tls = tls;
  }

  lease(): Lease {
    const current = this.#current;
    const isUsable = current && !current.isRetired && !current.session.closed && !current.session.destroyed;
    const held = isUsable ? current : this.#connect();
    this.#current = held;
    held.users++;
    const bytesBefore = held.socket.bytesRead;
    return {
      session: held.session,
      release: (isSuspect) => {
        held.users--;
        // Not one byte since the call began: the connection hangs, or its server does.
        if (isSuspect && held.socket.bytesRead === bytesBefore) held.isRetired = true;
        if (held.isRetired && held.users === 0) destroy(held);
      },
    };
  }

  /** Ends every session. */
  close(): void {
    for (const held of this.#open) destroy(held);
  }

  #connect(): Held {
    const socket = this.#url.protocol === 'https:' ? this.#connectTls() : this.#connectPlain();
    socket.unref();
    const session = connectHttp2(this.#url.protocol === 'unix:' ? 'http://localhost' : this.#url, {
      createConnection: () => socket,
      settings: { enablePush: false },
      maxSessionMemory: MAX_SESSION_MEGABYTES,
    });
    session.unref();
    const held = { session, socket, users: 0, isRetired: false };
    this.#open.add(held);
    session.on('close', () => this.#open.delete(held));
    // Each call under way is told by an error of its own stream.
    session.on('error', () => {});
    session.on('goaway', () => {
      held.isRetired = true;
    });
    return held;
  }

  #connectPlain(): Socket {
    const { protocol, pathname, port } = this.#url;
    if (protocol === 'unix:') return connect({ path: decodeURIComponent(pathname) });
    return connect({ host: this.#host, port: Number(port || 80) });
  }

  #connectTls(): Socket {
    const host = this.#host;
    return connectTls({
      host,
      port: Number(this.#url.port || 443),
      // An address is no server name (RFC 6066).
      ...(isIP(host) === 0 && { servername: host }),
      ALPNProtocols: ['h2'],
      ...this.#tls,
    });
  }

  /** Without the brackets of an IPv6 address. */
  get #host(): string {
    return this.#url.hostname.replace(/^\[|\]$/g, '');
  }
}

/** A session that is still connecting leaves its socket to itself. */
function destroy({ session, socket }: Held): void {
  session.destroy();
  socket.destroy();
}
