import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Transport } from '../../src/otlp-client/transport.ts';
import { VERSION } from '../../src/version.ts';
import { frame, ScriptedSink, type SinkOptions, statusMessage } from '../support/scripted-sink.ts';
import { failed, makeBody, makeTransport, sendOne, TAKEN } from './transport.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function transportTo(url: string, options = {}): Transport {
  const transport = makeTransport('grpc', url, options);
  closing.push(() => transport.close());
  return transport;
}

async function startSink(options: Omit<SinkOptions, 'protocol'> = {}): Promise<ScriptedSink> {
  const sink = await ScriptedSink.start({ protocol: 'grpc', ...options });
  closing.push(() => sink.close());
  return sink;
}

async function against(script: SinkOptions['script'] & {}) {
  const sink = await startSink({ script });
  return { sink, transport: transportTo(sink.url) };
}

/** A plain TCP server; what it does with a connection is up to the test. */
async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket.on('error', () => {})));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a call over gRPC', () => {
  it('sends what the protocol wants, with the headers of the user', async () => {
    const sink = await startSink();
    const transport = transportTo(sink.url, { headers: { 'X-Token': 't', host: 'collector.example' } });
    expect(await sendOne(transport, 1_234)).toEqual(TAKEN);
    expect(sink.acceptedSpans).toBe(1);
    expect(sink.requests[0]).toMatchObject({
      path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      encoding: 'identity',
      headers: {
        ':method': 'POST',
        ':scheme': 'http',
        ':authority': 'collector.example',
        te: 'trailers',
        'content-type': 'application/grpc+proto',
        'grpc-timeout': '1234m',
        'user-agent': `goidspan/${VERSION}`,
        'x-token': 't',
      },
    });
    expect(sink.requests[0]?.headers['grpc-accept-encoding']).toMatch(/^identity,gzip/);
    expect(sink.requests[0]?.headers).not.toHaveProperty('grpc-encoding');
  });

  it('shares one connection with others, of any size', async () => {
    const sink = await startSink();
    const transport = transportTo(sink.url);
    const body = await makeBody(20_000);
    expect(body.bytes.length).toBeGreaterThan(3.5 * 2 ** 20);
    const send = () => transport.send(body, 20_000, new AbortController().signal);
    expect(await Promise.all([send(), send(), send(), send()])).toEqual([TAKEN, TAKEN, TAKEN, TAKEN]);
    expect(await send()).toEqual(TAKEN);
    expect(sink.connections).toBe(1);
    expect(sink.acceptedSpans).toBe(100_000);
  });

  it('resets nothing that was answered: servers take many resets for an attack', async () => {
    const sink = await startSink();
    const transport = transportTo(sink.url);
    for (let count = 0; count < 1_500; count++) expect(await sendOne(transport)).toEqual(TAKEN);
    expect(sink.connections).toBe(1);
  });

  it('hears that spans were rejected, and warnings', async () => {
    const partial = { rejected: 1, message: 'too old' };
    const { transport } = await against(({ number }) => ({
      partial: number === 1 ? partial : { rejected: 0, message: 'use gzip' },
    }));
    expect(await sendOne(transport)).toEqual({ ok: true, rejectedItems: 1, message: 'too old' });
    expect(await sendOne(transport)).toEqual({ ok: true, rejectedItems: 0, message: 'use gzip' });
  });

  it.each([
    ['random bytes', Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9])],
    ['less than a frame', Buffer.from([0, 0])],
    ['a message that is none', frame(Buffer.from([0xff, 0xff, 0xff]))],
    ['compressed garbage', Buffer.concat([Buffer.from([1, 0, 0, 0, 2]), Buffer.from('xy')])],
  ])('counts as taken when the status is 0 and the message is %s', async (_, bytes) => {
    const { transport } = await against(() => ({ bytes }));
    expect(await sendOne(transport)).toEqual({
      ok: true,
      rejectedItems: 0,
      message: 'the answer cannot be read',
    });
  });

  it('reads no endless answer', async () => {
    const { transport } = await against(() => ({ bytes: Buffer.alloc(5 * 2 ** 20) }));
    expect(await sendOne(transport)).toMatchObject(
      failed('other_protocol', false, 'the answer is too long for OTLP'),
    );
  });
});

describe('a status of gRPC', () => {
  const retryable = [1, 4, 10, 11, 14, 15];
  it.each(Array.from({ length: 17 }, (_, status) => status).slice(1))(
    '%i is retryable exactly if OTLP says so',
    async (status) => {
      const { transport } = await against(({ number }) => ({
        grpcStatus: status,
        message: 'why: ü',
        trailersOnly: number === 1,
      }));
      const outcome = {
        ok: false,
        failure: {
          isRetryable: retryable.includes(status),
          cause: status === 4 ? 'no answer in time' : 'why: ü',
        },
      };
      expect(await sendOne(transport)).toMatchObject(outcome);
      expect(await sendOne(transport)).toMatchObject(outcome);
    },
  );

  it('RESOURCE_EXHAUSTED is retryable if the server says when', async () => {
    const { transport } = await against(() => ({ grpcStatus: 8, retryDelayMs: 1_500 }));
    expect(await sendOne(transport)).toMatchObject({ ...failed('busy', true), retryAfterMs: 1_500 });
  });

  it('may ask for a pause, in base64 without padding and with the message in the details', async () => {
    const details = statusMessage(14, 'from the details', 2_000);
    const { transport } = await against(() => ({
      grpcStatus: 14,
      trailers: { 'grpc-status-details-bin': details.toString('base64').replace(/=+$/, '') },
    }));
    expect(await sendOne(transport)).toMatchObject({
      ...failed('busy', true, 'from the details'),
      retryAfterMs: 2_000,
    });
  });

  it.each([
    [{ grpcStatus: 'odd' }, failed('rejected', false, 'answered gRPC status 2')],
    [{ grpcStatus: 99 }, failed('rejected', false, 'answered gRPC status 99')],
    [{ grpcStatus: 3, trailers: { 'grpc-message': '%zz' } }, failed('rejected', false, '%zz')],
    [{ grpcStatus: 8, trailers: { 'grpc-status-details-bin': '////' } }, failed('busy', false)],
    [{ httpStatus: 503 }, failed('busy', true, 'answered HTTP status 503')],
    [{ httpStatus: 429 }, failed('busy', true, 'answered HTTP status 429')],
    [{ httpStatus: 401 }, failed('unauthorized', false, 'answered HTTP status 401')],
    [{ httpStatus: 403 }, failed('unauthorized', false, 'answered HTTP status 403')],
    [{ httpStatus: 404, body: 'no' }, failed('not_found', false, 'answered HTTP status 404')],
    [{ httpStatus: 500 }, failed('rejected', false, 'answered HTTP status 500')],
    [{ httpStatus: 200, body: 'hello' }, failed('other_protocol', false, 'the answer is not gRPC')],
  ])('of %j is understood', async (answer, expected) => {
    const { transport } = await against(() => answer);
    expect(await sendOne(transport)).toMatchObject(expected);
  });
});

describe('a connection of gRPC', () => {
  it('is made anew after GOAWAY', async () => {
    const { sink, transport } = await against(() => 'accept-and-leave');
    expect(await sendOne(transport)).toEqual(TAKEN);
    expect(await sendOne(transport)).toEqual(TAKEN);
    expect(sink.connections).toBe(2);
  });

  it.each([
    ['reset', 'rejected', false, 'the call was reset (INTERNAL_ERROR)', 1],
    ['refuse', 'busy', true, 'the call was reset (REFUSED_STREAM)', 1],
    ['disconnect', 'unreachable', true, 'connection reset', 2],
    ['leave', 'unreachable', true, 'connection reset', 1],
  ] as const)('survives a %s', async (answer, reason, isRetryable, cause, connections) => {
    const { sink, transport } = await against(({ number }) => (number === 1 ? answer : 'accept'));
    expect(await sendOne(transport)).toMatchObject(failed(reason, isRetryable, cause));
    expect(await sendOne(transport)).toEqual(TAKEN);
    expect(sink.connections).toBe(connections);
  });

  it('is found broken and made anew when the server was restarted', async () => {
    const sink = await startSink();
    const transport = transportTo(sink.url);
    expect(await sendOne(transport)).toEqual(TAKEN);
    await sink.close();
    expect(await sendOne(transport)).toMatchObject({ ok: false, failure: { isRetryable: true } });
    expect(await sendOne(transport)).toMatchObject(failed('connection_refused', true));
    const next = await startSink({ port: sink.port });
    expect(await sendOne(transport)).toEqual(TAKEN);
    expect(next.acceptedSpans).toBe(1);
  });

  it('that the server cuts fails every call on it', async () => {
    const sink = await startSink({ script: () => 'silence' });
    const transport = transportTo(sink.url);
    const calls = [sendOne(transport), sendOne(transport)];
    await expect.poll(() => sink.requests.length).toBe(2);
    sink.disconnect();
    for (const call of calls) expect(await call).toMatchObject(failed('unreachable', true));
  });

  it.each(['http:', 'https:'])('that hangs (%s) is given up in time and replaced', async (scheme) => {
    let made = 0;
    let open = 0;
    const server = createServer((socket) => {
      made++;
      open++;
      socket.resume().on('close', () => open--);
    });
    const transport = transportTo((await listen(server)).replace('http:', scheme));
    const started = performance.now();
    expect(await sendOne(transport, 200)).toMatchObject(failed('timeout', true, 'no answer in time'));
    expect(performance.now() - started).toBeLessThan(1_000);
    await expect.poll(() => open).toBe(0);
    expect(await sendOne(transport, 200)).toMatchObject(failed('timeout', true));
    expect(made).toBe(2);
  });

  it('that answered in the meantime outlives a call that was not answered', async () => {
    const { sink, transport } = await against(({ number }) => (number === 1 ? 'silence' : 'accept'));
    const silent = sendOne(transport, 300);
    await expect.poll(() => sink.requests.length).toBe(1);
    expect(await sendOne(transport)).toEqual(TAKEN);
    expect(await silent).toMatchObject(failed('timeout', true));
    expect(await sendOne(transport)).toEqual(TAKEN);
    expect(sink.connections).toBe(1);
  });

  it('to a server that stops reading is no trap', async () => {
    const sink = await startSink({ neverReads: true });
    const transport = transportTo(sink.url);
    const body = await makeBody(20_000);
    const send = () => transport.send(body, 300, new AbortController().signal);
    const outcomes = await Promise.all([send(), send()]);
    expect(outcomes).toMatchObject([failed('timeout', true), failed('timeout', true)]);
    expect(await send()).toMatchObject(failed('timeout', true));
  });

  it('is refused where nothing listens', async () => {
    const sink = await startSink();
    await sink.close();
    expect(await sendOne(transportTo(sink.url))).toMatchObject(failed('connection_refused', true));
  });

  it('needs a host that is known, and a socket that exists', async () => {
    expect(await sendOne(transportTo('http://no-such-host.invalid:4317'))).toMatchObject(
      failed('unknown_host', true),
    );
    expect(await sendOne(transportTo('unix:/no/such/socket'))).toMatchObject(
      failed('connection_refused', true, 'no such socket'),
    );
  });

  it.each([
    ['http', (url: string) => url, failed('other_protocol', false, 'the answer is not gRPC')],
    ['https', (url: string) => url.replace('http:', 'https:'), failed('tls', false, 'the answer is not TLS')],
  ])('to a server of HTTP/1 is said to be that, over %s', async (_, change, expected) => {
    const url = await listen(createHttpServer((_request, response) => response.end('hello')));
    expect(await sendOne(transportTo(change(url)))).toMatchObject(expected);
  });
});

describe('giving up', () => {
  it('ends a call at once when the signal is aborted, now or before', async () => {
    const { sink, transport } = await against(() => 'silence');
    const controller = new AbortController();
    const call = transport.send(await makeBody(1), 60_000, controller.signal);
    await expect.poll(() => sink.requests.length).toBe(1);
    controller.abort();
    expect(await call).toMatchObject(failed('given_up', true));
    expect(await transport.send(await makeBody(1), 60_000, controller.signal)).toMatchObject(
      failed('given_up', true),
    );
    await expect.poll(() => sink.underWay).toBe(0);
  });

  it('by close ends what is under way and lets nothing begin', async () => {
    const { sink, transport } = await against(() => 'silence');
    const call = sendOne(transport, 60_000);
    await expect.poll(() => sink.requests.length).toBe(1);
    transport.close();
    transport.close();
    expect(await call).toMatchObject(failed('given_up', true));
    expect(await sendOne(transport)).toMatchObject(failed('given_up', true));
    await expect.poll(() => sink.underWay).toBe(0);
  });
});
