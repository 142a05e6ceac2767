/**
 * Kinds of requests, and the spans that must come of each. The load (`guest/load.go`) lets them take turns: request n is of
 * kind n modulo their number and has the id `name.n`, which is in its URL and in that of every call on its behalf.
 * The routes are those of `test/fixtures/acceptance`.
 */
import { createHash } from 'node:crypto';

/** What a span must say of the end of its request; what is left out must not be there. */
export interface End {
  readonly status?: number;
  /** `error.type` */
  readonly error?: string | RegExp;
  /** `goidspan.span.ending` */
  readonly ending?: string;
  /** `http.request.resend_count` may be there. */
  readonly resent?: true;
}

/** A call that the server makes on behalf of a request, and the server span that answers it. */
export interface Call {
  readonly path: string;
  /** Behind `of` and `n` in its query. */
  readonly query?: string;
  readonly method?: string;
  /** Where it goes; `elsewhere` is a listener of its own, on some port. Default the server's plain port. */
  readonly to?: 'tls' | 'refused' | 'elsewhere';
  readonly end: End;
  /** Of the answer, where it says otherwise than the call. */
  readonly answerEnd?: End;
  /**
   * `request`: always under it. `none`: a root without a link to anything else. `request or none`: no certain knowledge
   * ties them. `while open`: under it if it was open when the call began, else a root with a link to it.
   */
  readonly parent: 'request' | 'none' | 'request or none' | 'while open';
  /** The answer: under the call, a root, none at all, or perhaps one. */
  readonly answer: 'under call' | 'root' | 'none' | 'perhaps';
}

export interface Kind {
  readonly name: string;
  readonly server: 'main' | 'xnet';
  readonly protocol: 'http1' | 'h2' | 'h2c';
  readonly method: string;
  readonly path: string;
  /** The query before the id. */
  readonly query: string;
  readonly headers: number;
  /** T stands for the trace, S for the span. */
  readonly traceparent: string;
  /** Whether that makes it the parent, hinders all spans, or means nothing. */
  readonly context: 'none' | 'remote' | 'unsampled';
  readonly abandon: boolean;
  /** That the load sees; 0: the connection ends without an answer. */
  readonly status: number;
  readonly end: End;
  readonly calls: readonly Call[];
}

const OK: End = { status: 200 };
const PANICKED: End = { ending: 'panicked', error: 'panic' };

const leaf: Call = { path: '/leaf', end: OK, parent: 'request', answer: 'under call' };

function kind(name: string, path: string, more: Partial<Kind> = {}): Kind {
  const [route, query = ''] = path.split('?');
  return {
    name,
    server: 'main',
    protocol: 'http1',
    method: 'GET',
    path: route as string,
    query,
    headers: 0,
    traceparent: '',
    context: 'none',
    abandon: false,
    status: 200,
    end: OK,
    calls: [],
    ...more,
  };
}

const times = (count: number, call: Call): Call[] => Array.from({ length: count }, () => call);

const plain = kind('plain', '/leaf');
const remote = kind('remote', '/leaf', { headers: 22, traceparent: '00-T-S-01', context: 'remote' });
const fanout = (n: number): Kind => kind(`fanout${n}`, `/fanout?n=${n}`, { calls: times(n, leaf) });

/** What each kernel of the matrix is asked. */
export const matrixKinds: readonly Kind[] = [plain, remote, fanout(2)];

/** Through every program that there is, those of rare ends too. */
export const stressKinds: readonly Kind[] = [
  plain,
  remote,
  fanout(2),
  fanout(5),
  kind('get', '/get', { calls: [leaf] }),
  kind('nested', '/nested?depth=6', { calls: [leaf] }),
  kind('context', '/request-context', { calls: [leaf] }),
  kind('post', '/post', { calls: [{ ...leaf, method: 'POST' }] }),
  kind('roundtrip', '/roundtrip', {
    headers: 22,
    traceparent: '00-T-S-01',
    context: 'remote',
    calls: [leaf],
  }),
  kind('refused', '/refused', {
    calls: [{ ...leaf, to: 'refused', end: { error: '*net.OpError' }, answer: 'none' }, leaf],
  }),
  kind('cancelled', '/cancelled?ms=100', {
    calls: [
      {
        ...leaf,
        path: '/wait',
        end: { error: /^(context\.deadlineExceededError|\*net\.OpError)$/ },
        answer: 'perhaps',
      },
      leaf,
    ],
  }),
  kind('proxyPanic', '/proxy-panic', { calls: [{ ...leaf, end: PANICKED, answer: 'none' }, leaf] }),
  kind('redirect', '/redirect?hops=2', {
    calls: [
      { ...leaf, path: '/bounce', query: '&hops=2', end: { status: 302 } },
      { ...leaf, path: '/bounce', query: '&hops=1', end: { status: 302 } },
      leaf,
    ],
  }),
  kind('retry', '/retry', {
    calls: [
      { ...leaf, to: 'elsewhere', answer: 'none' },
      // On a new connection, if the first is not free again in time.
      { ...leaf, to: 'elsewhere', end: { status: 200, resent: true }, answer: 'none' },
    ],
  }),
  kind('callStatus', '/call-status?code=404', {
    calls: [
      {
        ...leaf,
        path: '/status',
        query: '&code=404',
        end: { status: 404, error: '404' },
        answerEnd: { status: 404 },
      },
    ],
  }),
  kind('h2calls', '/h2?calls=2', { calls: times(2, { ...leaf, to: 'tls', answer: 'root' }) }),
  kind('status', '/status?code=503&bytes=17', {
    method: 'PUT',
    status: 503,
    end: { status: 503, error: '503' },
  }),
  // A GET that was not answered over a kept connection would be sent again.
  ...['panic', 'abort', 'goexit'].map((how) =>
    kind(how, `/${how}`, { method: 'POST', status: 0, end: PANICKED }),
  ),
  kind('hijack', '/hijack', { end: { ending: 'hijacked' }, calls: [{ ...leaf, parent: 'none' }] }),
  kind('timer', '/timer?delay=10', { calls: [{ ...leaf, parent: 'none' }] }),
  kind('outlive', '/outlive?delay=50', { calls: [{ ...leaf, parent: 'while open' }] }),
  ...['channel', 'buffer', 'select'].map((fed) => kind(fed, `/pool/${fed}`, { calls: [leaf] })),
  kind('cond', '/pool/cond', { calls: [{ ...leaf, parent: 'request or none' }] }),
  kind('unsampled', '/get', { headers: 22, traceparent: '00-T-S-00', context: 'unsampled', calls: [leaf] }),
  kind('malformed', '/leaf', { headers: 22, traceparent: '00-T-S' }),
  kind('left', '/stream?ms=120000', {
    abandon: true,
    end: { status: 200, ending: 'disconnected', error: /./ },
  }),
  kind('h2', '/leaf', { protocol: 'h2', headers: 22, traceparent: '00-T-S-01', context: 'remote' }),
  kind('h2panic', '/panic', { protocol: 'h2', status: 0, end: PANICKED }),
  kind('h2left', '/stream?ms=120000', {
    protocol: 'h2',
    abandon: true,
    end: { status: 200, ending: 'disconnected', error: /./ },
  }),
  kind('xnet', '/ok', { server: 'xnet', protocol: 'h2c' }),
  kind('xnetTLS', '/ok', { server: 'xnet', protocol: 'h2', traceparent: '00-T-S-01', context: 'remote' }),
  kind('xnetPanic', '/panic', { server: 'xnet', protocol: 'h2c', status: 0, end: PANICKED }),
];

/** What the load needs to know of them. */
export function loadKindsOf(kinds: readonly Kind[]): unknown[] {
  return kinds.map(
    ({ name, server, protocol, method, path, query, headers, traceparent, abandon, status }) => ({
      ...{ name, server, protocol, method, headers, traceparent, abandon, status },
      path: query === '' ? path : `${path}?${query}`,
    }),
  );
}

/** Trace and span that a request claims to come from. */
export function remoteIdsOf(id: string): { readonly traceId: string; readonly spanId: string } {
  const hash = createHash('sha256').update(id).digest('hex');
  return { traceId: hash.slice(0, 32), spanId: hash.slice(32, 48) };
}
