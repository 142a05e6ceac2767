import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Transport } from '../../src/otlp-client/transport.ts';
import { VERSION } from '../../src/version.ts';
import { ScriptedSink, type SinkAnswer, type SinkOptions, statusMessage } from '../support/scripted-sink.ts';
import { failed, makeBody, makeTransport, sendOne, TAKEN } from './transport.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function transportTo(url: string, options = {}): Transport {
  const transport = makeTransport('http', url, options);
  closing.push(() => transport.close());
  return transport;
}

async function startSink(options: Omit<SinkOptions, 'protocol'> = {}): Promise<ScriptedSink> {
  const sink = await ScriptedSink.start({ protocol: 'http', ...options });
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

describe('a request over HTTP', () => {
  it('sends what the protocol wants, with the headers of the user', async () => {
    const sink = await startSink();
    const transport = transportTo(`${sink.url}/otlp?tenant=1`, {
      headers: { 'X-Token': 't', host: 'collector.example' },
    });
    expect(await sendOne(transport)).toEqual(TAKEN);
    expect(sink.acceptedSpans).toBe(1);
    expect(sink.requests[0]).toMatchObject({
      path: '/otlp?tenant=1',
      encoding: 'identity',
      headers: {
        host: 'collector.example',
        'content-type': 'application/x-protobuf',
        'content-length': String((await makeBody(1)).bytes.length),
        'user-agent': `goidspan/${VERSION}`,
        'x-token': 't',
      },
    });
    expect(sink.requests[0]?.headers).not.toHaveProperty('content-encoding');
  });

  it('keeps its connections open, and a few of them', async () => {
    const sink = await startSink();
    const transport = transportTo(sink.url);
    const body = await makeBody(20_000);
    const send = () => transport.send(body, 20_000, new AbortController().signal);
    for (let round = 0; round < 3; round++) {
      expect(await Promise.all([send(), send()])).toEqual([TAKEN, TAKEN]);
    }
    expect(sink.connections).toBe(2);
    expect(sink.acceptedSpans).toBe(120_000);
  });

  it('hears that spans were rejected', async () => {
    const { transport } = await against(() => ({ partial: { rejected: 1, message: 'too old' } }));
    expect(await sendOne(transport)).toEqual({ ok: true, rejectedItems: 1, message: 'too old' });
  });

  it('counts as taken when the status is 200 and the body cannot be read', async () => {
    const { transport } = await against(() => ({ bytes: Buffer.from([0xff, 0xff]) }));
    expect(await sendOne(transport)).toEqual({
      ok: true,
      rejectedItems: 0,
      message: 'the answer cannot be read',
    });
  });

  it.each([
    [{ httpStatus: 200, headers: { 'content-type': 'application/json' }, body: '{}' }, TAKEN],
    [{ httpStatus: 202 }, TAKEN],
    [
      { httpStatus: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<p>Log in' },
      failed('other_protocol', false, 'the answer is not OTLP'),
    ],
    [{ bytes: Buffer.alloc(5 * 2 ** 20) }, failed('other_protocol', false)],
    [{ httpStatus: 500, body: Buffer.alloc(5 * 2 ** 20) }, failed('other_protocol', false)],
  ] as [SinkAnswer, object][])('understands answer %#', async (answer, expected) => {
    const { sink, transport } = await against(({ number }) => (number === 1 ? answer : 'accept'));
    expect(await sendOne(transport)).toMatchObject(expected);
    expect(await sendOne(transport)).toEqual(TAKEN);
    expect(sink.requests).toHaveLength(2);
  });
});

describe('a status of HTTP', () => {
  it.each([
    [400, 'rejected', false],
    [401, 'unauthorized', false],
    [403, 'unauthorized', false],
    [404, 'not_found', false],
    [405, 'not_found', false],
    [408, 'rejected', false],
    [413, 'rejected', false],
    [429, 'busy', true],
    [500, 'rejected', false],
    [501, 'rejected', false],
    [502, 'busy', true],
    [503, 'busy', true],
    [504, 'busy', true],
  ])('%i is %s', async (httpStatus, reason, isRetryable) => {
    const { transport } = await against(({ number }) => ({
      httpStatus,
      ...(number === 2 && { body: statusMessage(3, 'bad\n spans') }),
    }));
    expect(await sendOne(transport)).toMatchObject(
      failed(reason, isRetryable, expect.stringMatching(`^answered ${httpStatus} [A-Z]`)),
    );
    expect(await sendOne(transport)).toMatchObject(
      failed(reason, isRetryable, `answered ${httpStatus} bad spans`),
    );
  });

  it('shows no more than a line of the body', async () => {
    const body = statusMessage(3, 'x'.repeat(100_000));
    const { transport } = await against(() => ({ httpStatus: 400, body }));
    const outcome = await sendOne(transport);
    expect(outcome.ok || outcome.failure.cause.length).toBe(200);
  });

  it('of a redirect is not followed', async () => {
    const { sink, transport } = await against(() => ({ httpStatus: 307, headers: { location: '/other' } }));
    expect(await sendOne(transport)).toMatchObject(
      failed('redirected', false, 'answered 307 Temporary Redirect'),
    );
    expect(sink.requests).toHaveLength(1);
  });

  it.each([
    ['3', 3_000, 3_000],
    [' 0 ', 0, 0],
    [new Date(Date.now() + 60_000).toUTCString(), 50_000, 60_000],
    [new Date(Date.now() - 60_000).toUTCString(), 0, 0],
  ])('may ask for a pause with Retry-After: %s', async (value, least, most) => {
    const { transport } = await against(() => ({ httpStatus: 503, headers: { 'retry-after': value } }));
    const outcome = await sendOne(transport);
    const { retryAfterMs = -1 } = outcome as { retryAfterMs?: number };
    expect(retryAfterMs).toBeGreaterThanOrEqual(least);
    expect(retryAfterMs).toBeLessThanOrEqual(most);
  });

  it('with a Retry-After that cannot be read asks for none', async () => {
    const { transport } = await against(() => ({ httpStatus: 503, headers: { 'retry-after': 'soon' } }));
    expect(await sendOne(transport)).not.toHaveProperty('retryAfterMs');
  });
});

describe('a connection of HTTP', () => {
  it.each(['reset', 'disconnect'] as const)('survives a %s', async (answer) => {
    const { transport } = await against(({ number }) => (number === 1 ? answer : 'accept'));
    expect(await sendOne(transport)).toMatchObject(failed('unreachable', true, 'connection reset'));
    expect(await sendOne(transport)).toEqual(TAKEN);
  });

  it('that was closed in the meantime may be tried again', async () => {
    const { sink, transport } = await against(({ number }) => (number === 2 ? 'disconnect' : 'accept'));
    expect(await sendOne(transport)).toEqual(TAKEN);
    expect(await sendOne(transport)).toMatchObject(failed('unreachable', true));
    expect(await sendOne(transport)).toEqual(TAKEN);
    expect(sink.connections).toBe(2);
  });

  it('is made anew when the server asks for it', async () => {
    const { sink, transport } = await against(() => 'accept-and-leave');
    expect(await sendOne(transport)).toEqual(TAKEN);
    expect(await sendOne(transport)).toEqual(TAKEN);
    expect(sink.connections).toBe(2);
  });

  it('that hangs is given up in time', async () => {
    const { sink, transport } = await against(({ number }) => (number === 1 ? 'silence' : 'accept'));
    const started = performance.now();
    expect(await sendOne(transport, 200)).toMatchObject(failed('timeout', true, 'no answer in time'));
    expect(performance.now() - started).toBeLessThan(1_000);
    expect(await sendOne(transport)).toEqual(TAKEN);
    expect(sink.connections).toBe(2);
  });

  it('to a server that stops reading is no trap', async () => {
    const sink = await startSink({ neverReads: true });
    const transport = transportTo(sink.url);
    const body = await makeBody(60_000);
    const send = () => transport.send(body, 300, new AbortController().signal);
    expect(await Promise.all([send(), send()])).toMatchObject([
      failed('timeout', true),
      failed('timeout', true),
    ]);
  });

  it('is refused where nothing listens', async () => {
    const sink = await startSink();
    await sink.close();
    expect(await sendOne(transportTo(sink.url))).toMatchObject(failed('connection_refused', true));
  });

  it('needs a host that is known, and a socket that exists', async () => {
    expect(await sendOne(transportTo('http://no-such-host.invalid:4318'))).toMatchObject(
      failed('unknown_host', true),
    );
    expect(await sendOne(transportTo('unix:/no/such/socket'))).toMatchObject(
      failed('connection_refused', true, 'no such socket'),
    );
  });

  it('to a server of gRPC is said to be that', async () => {
    // What a server of HTTP/2 says first: empty SETTINGS.
    const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    const url = await listen(createServer((socket) => socket.write(settings)));
    expect(await sendOne(transportTo(url))).toMatchObject(
      failed('other_protocol', false, 'the answer is not HTTP/1'),
    );
  });

  it('to a server without TLS is said to be that', async () => {
    const sink = await startSink();
    expect(await sendOne(transportTo(sink.url.replace('http:', 'https:')))).toMatchObject(
      failed('tls', false, 'the answer is not TLS'),
    );
  });
});

describe('giving up', () => {
  it('ends a request at once when the signal is aborted, now or before', async () => {
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
