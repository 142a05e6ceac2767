/** Client requests of net/http: `http.Client` and a bare `http.Transport` alike, HTTP/1.1 and HTTP/2. */

import { httpH2 } from '../wire/wire.gen.ts';
import { atEntryOf } from './entry.ts';
import type { Hook, ProbeFamily } from './hook.ts';

const roundTrip = 'net/http.(*Transport).roundTrip';

/** `func (t *Transport) roundTrip(req *Request) (*Response, error)`: `arg` holds `req`. */
const start: Hook = {
  name: 'http_client_start',
  phase: 'start',
  choices: [
    {
      on: [roundTrip],
      rules: [
        { at: 'after_stack_check', arg: 1 },
        { at: 'stack_check_branch', arg: 1 },
      ],
    },
  ],
  need: 'required',
  without: 'client requests are not traced',
};

/**
 * The call `pconn.roundTrip(treq)`: `arg` holds `pconn`, whose connection the request goes out on. It joins the span
 * with the server span on this host that answers it.
 */
const send: Hook = {
  name: 'http_client_send',
  phase: 'during',
  choices: [{ on: [roundTrip], rules: [{ at: 'call', of: 'net/http.(*persistConn).roundTrip', arg: 0 }] }],
  need: 'optional',
  without: 'a request without traceparent to a service on this host starts a new trace there',
};

/**
 * `func (cs *clientStream) encodeAndWriteHeaders(req *http.Request) error` of HTTP/2: `arg` holds `cs`. On the goroutine of the stream,
 * once a request.
 */
const stream: Hook = {
  name: 'http_client_stream',
  phase: 'during',
  sites: 'each',
  choices: [
    {
      ...atEntryOf(
        [
          'net/http.(*http2clientStream).encodeAndWriteHeaders',
          'net/http/internal/http2.(*clientStream).encodeAndWriteHeaders',
        ],
        0,
      ),
      variant: httpH2.HTTP_H2_NET_HTTP,
    },
    {
      ...atEntryOf(['golang.org/x/net/http2.(*clientStream).encodeAndWriteHeaders'], 0),
      variant: httpH2.HTTP_H2_XNET,
    },
  ],
  need: 'optional',
  without: 'a request of HTTP/2 without traceparent to a service on this host starts a new trace there',
};

/**
 * The conditional jump on the error of one attempt, where `(*persistConn).roundTrip` (HTTP/1) and the `RoundTrip` of a
 * connection's own HTTP/2 transport come together. AX holds the *Response, BX:CX the
 * error; act only if BX is 0. Where it cannot be proven, `http_client_error` sits on every return instead.
 */
const end: Hook = {
  name: 'http_client_end',
  phase: 'end',
  choices: [{ on: [roundTrip], rules: [{ at: 'round_trip_result' }] }],
  need: 'optional',
  without: 'each client request costs a single-stepped probe at its end',
};

/**
 * The conditional jump on `err != ErrSkipAltProtocol` after the alternate transport (registered for a scheme, or HTTP/2
 * over TLS from the second request on). Meaning `done_unless_skip`: AX holds the *Response, BX:CX the error.
 */
const endAlternate: Hook = {
  name: 'http_client_end_alt',
  phase: 'end',
  choices: [{ on: [roundTrip], rules: [{ at: 'round_trip_alternate' }] }],
  need: 'optional',
  without: 'later HTTP/2 requests over TLS cost a single-stepped probe at their end',
};

/**
 * The returns that are not reached through the end of the two hooks above: errors, all of them cold. Meaning `done`:
 * AX holds the *Response, BX:CX the error.
 */
const error: Hook = {
  name: 'http_client_error',
  phase: 'end',
  choices: [{ on: [roundTrip], rules: [{ at: 'round_trip_other_returns' }, { at: 'returns', arg: 0 }] }],
  need: 'required',
  without: 'client requests that fail have no end',
};

export const httpClient: ProbeFamily = {
  name: 'http_client',
  level: 'spans',
  need: 'any',
  makes: { family: 'http', spanKind: 'client' },
  hooks: [start, send, stream, end, endAlternate, error],
  reads: ['httpRequest', 'httpClient', 'net'],
};
