/**
 * Connections that are made, once each: how long their server's address was looked for, until they stood, and until their
 * TLS had shaken hands. The span that is the first on a connection tells it.
 * Source: https://github.com/golang/go/blob/go1.26.0/src/net/dial.go, lookup.go, tcpsock.go, src/crypto/tls/conn.go; the same since Go 1.19.
 */
import { atEntryOf } from './entry.ts';
import type { Hook, ProbeFamily, SiteChoice } from './hook.ts';

const without = 'spans do not tell what it has cost to make their connections';

/** Where a name is looked for, and not if it is an address; `arg` means nothing. */
const lookup: Hook = {
  name: 'dial_lookup',
  phase: 'during',
  choices: [
    {
      on: ['net.(*Resolver).lookupIPAddr'],
      rules: [{ at: 'call', of: 'internal/singleflight.(*Group).DoChan', arg: 0 }],
    },
  ],
  need: 'optional',
  without,
};

/** `func (sd *sysDialer) dialParallel(…)`: the addresses are known. */
const connect: Hook = {
  name: 'dial_connect',
  phase: 'during',
  choices: [atEntryOf(['net.(*sysDialer).dialParallel'], 0, ['net.(*Dialer).DialContext'])],
  need: 'optional',
  without,
};

/** In `on`, the call `newTCPConn(fd *netFD, …)`; until Go 1.20, where that is part of its callers, the one that it begins with. */
const connIn = (on: readonly string[], variant: number): SiteChoice => ({
  on,
  variant,
  rules: [
    { at: 'call', of: 'net.newTCPConn', arg: 0 },
    { at: 'call', of: 'net.setNoDelay', arg: 0 },
  ],
});

/** A connection stands, of a client (variant 0) or of a server (1); `arg` holds its `*netFD`. */
const made: Hook = {
  name: 'dial_made',
  phase: 'during',
  sites: 'each',
  choices: [
    connIn(['net.(*sysDialer).doDialTCPProto', 'net.(*sysDialer).doDialTCP'], 0),
    connIn(['net.(*TCPListener).accept'], 1),
  ],
  need: 'required',
  without: 'of the first span on a connection it is not told that the connection is new',
};

/** `func (c *Conn) clientHandshake(ctx context.Context) error`, and that of the server. */
const tls: Hook = {
  name: 'dial_tls',
  phase: 'during',
  sites: 'each',
  choices: [
    atEntryOf(['crypto/tls.(*Conn).clientHandshake'], 0),
    atEntryOf(['crypto/tls.(*Conn).serverHandshake'], 0),
  ],
  need: 'optional',
  without,
};

/** Where these have been called, by a function value, among others; `arg` means nothing. */
const tlsDone: Hook = {
  name: 'dial_tls_done',
  phase: 'end',
  choices: [
    {
      on: ['crypto/tls.(*Conn).handshakeContext'],
      rules: [{ at: 'branches_after_indirect_calls', arg: 0 }],
    },
  ],
  need: 'optional',
  without,
};

export const dial: ProbeFamily = {
  name: 'dial',
  level: 'spans',
  need: 'extra',
  hooks: [lookup, connect, made, tls, tlsDone],
  reads: ['net', 'runtime'],
};
