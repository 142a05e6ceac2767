/** Server requests of net/http, HTTP/1.1 and HTTP/2. */

import type { Hook, ProbeFamily, SiteRule } from './hook.ts';
import { router } from './http-router.ts';

const serve = 'net/http.(*conn).serve';
const runHandlerDeferred: readonly string[] = [
  'net/http.(*http2serverConn).runHandler.func1',
  'net/http/internal/http2.(*serverConn).runHandler.func1',
];

/** Once per call, with the receiver in AX. */
const receiverAtEntry: readonly SiteRule[] = [
  { at: 'after_stack_check', arg: 0 },
  { at: 'stack_check_branch', arg: 0 },
];

/**
 * `func (sh serverHandler) ServeHTTP(rw ResponseWriter, req *Request)`: once per request of both protocols.
 * `arg` holds `req`.
 */
const start: Hook = {
  name: 'http_server_start',
  phase: 'start',
  choices: [
    {
      on: ['net/http.serverHandler.ServeHTTP'],
      calledBy: [serve],
      rules: [
        { at: 'after_stack_check', arg: 3 },
        { at: 'stack_check_branch', arg: 3 },
      ],
    },
  ],
  need: 'required',
  without: 'server requests are not traced',
};

/**
 * `func (w *response) finishRequest()`: the handler of an HTTP/1 request has returned. `arg` holds `w`; `w.req.Pattern`
 * is set by now. Not called after a panic, `runtime.Goexit` or a hijack.
 *
 * Where profile-guided optimisation has inlined it: `func (w *response) shouldReuseConnection() bool`, which
 * `(*conn).serve` calls right after it, as often and with the same `w`.
 */
const end: Hook = {
  name: 'http_server_end',
  phase: 'end',
  choices: [
    { on: ['net/http.(*response).finishRequest'], calledBy: [serve], rules: receiverAtEntry },
    { on: ['net/http.(*response).shouldReuseConnection'], calledBy: [serve], rules: receiverAtEntry },
  ],
  need: 'required',
  without: 'server requests have no end',
};

/**
 * `func (mux *ServeMux) ServeHTTP(w ResponseWriter, r *Request)`: `arg` holds `r`, on which the mux is about to set the
 * pattern. Without copies that is the request of the connection, which the end of the span knows by itself.
 */
const route: Hook = {
  name: 'http_server_route',
  phase: 'during',
  choices: [
    {
      on: ['net/http.(*ServeMux).ServeHTTP'],
      rules: [
        { at: 'after_stack_check', arg: 3 },
        { at: 'stack_check_branch', arg: 3 },
      ],
    },
  ],
  need: 'optional',
  onlyIf: 'requests_are_copied',
  without: 'requests that are copied before they come to a ServeMux have no route',
};

/**
 * `golang.org/x/net/http2/h2c: func h2cUpgrade(w http.ResponseWriter, r *http.Request) (…)`: the connection is about to be
 * taken over, for the same request to be served on it by HTTP/2. `arg` means nothing.
 */
const upgrade: Hook = {
  name: 'http_server_upgrade',
  phase: 'during',
  choices: [{ on: ['golang.org/x/net/http2/h2c.h2cUpgrade'], rules: receiverAtEntry }],
  need: 'optional',
  without: 'a request by which a connection is upgraded to h2c has two spans',
};

/** `func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error)`: entered; it may still fail. `arg` holds `w`. */
const hijack: Hook = {
  name: 'http_server_hijack',
  phase: 'end',
  choices: [{ on: ['net/http.(*response).Hijack'], rules: receiverAtEntry }],
  need: 'optional',
  without:
    'the program never hijacks a connection, or the span of a hijacked one lasts as long as the connection',
};

/**
 * The deferred function of `func (c *conn) serve(ctx context.Context)` that recovers a handler's panic; entered once
 * per connection, at its end. A server span that is open on the goroutine did not return: panic or `Goexit`, or a
 * hijack, told apart by `conn.hijackedv`. `arg` means nothing.
 */
const connectionEnd: Hook = {
  name: 'http_server_conn_end',
  phase: 'end',
  choices: [
    {
      on: ['net/http.(*conn).serve.func1', 'net/http.(*conn).serve.func2', 'net/http.(*conn).serve.func3'],
      calls: 'runtime.gorecover',
      rules: receiverAtEntry,
    },
  ],
  need: 'optional',
  without: 'the span of a handler that panicked ends late',
};

/**
 * `func (w *responseWriter) handlerDone()`: the handler of an HTTP/2 request has returned. `arg` holds the writer.
 * Where it is inlined: its flush, called only there in the deferred function of `runHandler`.
 */
const endHttp2: Hook = {
  name: 'http_server_end_h2',
  phase: 'end',
  choices: [
    {
      on: [
        'net/http.(*http2responseWriter).handlerDone',
        'net/http/internal/http2.(*responseWriter).handlerDone',
      ],
      calledBy: runHandlerDeferred,
      rules: receiverAtEntry,
    },
    {
      on: runHandlerDeferred,
      rules: [
        { at: 'call', of: 'net/http.(*http2responseWriter).FlushError', arg: 0 },
        { at: 'call', of: 'net/http.(*http2responseWriter).Flush', arg: 0 },
        { at: 'call', of: 'net/http/internal/http2.(*responseWriter).FlushError', arg: 0 },
      ],
    },
  ],
  need: 'optional',
  without: 'HTTP/2 requests are not traced',
};

/**
 * The deferred function of `func (sc *serverConn) runHandler(…)` that recovers a handler's panic: its call of `recover`
 * is reached only when the handler did not return (panic or `Goexit`), and then `handlerDone` is not called. Costs
 * nothing otherwise. The choices after it are entered once at the end of every `runHandler`, after `handlerDone`: there
 * a server span that is still open panicked. `arg` means nothing.
 */
const panicHttp2: Hook = {
  name: 'http_server_panic_h2',
  phase: 'end',
  choices: [
    {
      on: runHandlerDeferred,
      rules: [{ at: 'call', of: 'runtime.gorecover', arg: 0 }],
    },
    {
      on: [
        'net/http.(*http2serverConn).runHandler.deferwrap1',
        'net/http/internal/http2.(*serverConn).runHandler.deferwrap1',
        'net/http.(*http2serverConn).runHandler.func2',
      ],
      rules: receiverAtEntry,
    },
  ],
  need: 'optional',
  without: 'the span of an HTTP/2 handler that panicked ends late',
};

const runHandlerXnet = 'golang.org/x/net/http2.(*serverConn).runHandler';

/**
 * `golang.org/x/net/http2: func (sc *serverConn) runHandler(rw *responseWriter, req *http.Request, handler func(…))`:
 * `arg` holds `req`. Under net/http the same request comes to `http_server_start` next, on the same goroutine.
 */
const startXnet: Hook = {
  name: 'http_server_start_xnet',
  phase: 'start',
  choices: [
    {
      on: [runHandlerXnet],
      rules: [
        { at: 'after_stack_check', arg: 2 },
        { at: 'stack_check_branch', arg: 2 },
      ],
    },
  ],
  need: 'optional',
  without: 'requests that golang.org/x/net/http2 serves without net/http (h2c) are not traced',
};

/** As `http_server_end_h2`, of `golang.org/x/net/http2`. */
const endXnet: Hook = {
  name: 'http_server_end_xnet',
  phase: 'end',
  choices: [
    {
      on: ['golang.org/x/net/http2.(*responseWriter).handlerDone'],
      calledBy: [`${runHandlerXnet}.func1`],
      rules: receiverAtEntry,
    },
    {
      on: [`${runHandlerXnet}.func1`],
      rules: [{ at: 'call', of: 'golang.org/x/net/http2.(*responseWriter).FlushError', arg: 0 }],
    },
  ],
  need: 'optional',
  without: 'requests that golang.org/x/net/http2 serves end late and with an error',
};

/** As `http_server_panic_h2`, of `golang.org/x/net/http2`. */
const panicXnet: Hook = {
  name: 'http_server_panic_xnet',
  phase: 'end',
  choices: [
    { on: [`${runHandlerXnet}.func1`], rules: [{ at: 'call', of: 'runtime.gorecover', arg: 0 }] },
    { on: [`${runHandlerXnet}.deferwrap1`], rules: receiverAtEntry },
  ],
  need: 'optional',
  without: 'the span of a handler that panicked under golang.org/x/net/http2 ends late',
};

export const httpServer: ProbeFamily = {
  name: 'http_server',
  level: 'spans',
  need: 'any',
  makes: { family: 'http', spanKind: 'server' },
  hooks: [
    start,
    end,
    route,
    router,
    upgrade,
    hijack,
    connectionEnd,
    endHttp2,
    panicHttp2,
    startXnet,
    endXnet,
    panicXnet,
  ],
  reads: ['httpRequest', 'httpServer', 'httpRouter', 'net'],
};
