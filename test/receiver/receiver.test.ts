/** The receiver as senders see it: real exporters, a real collector, and whatever else may knock. */
import { connect } from 'node:net';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan as SdkReadableSpan } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GoidspanError } from '../../src/errors.ts';
import { compress } from '../../src/otlp-client/compress.ts';
import { Receiver, type ReceiverOptions } from '../../src/receiver/receiver.ts';
import { makeSpans } from '../export/spans.ts';
import { failed, makeBody, makeTransport, sendOne, TAKEN } from '../otlp-client/transport.ts';
import { describeWith } from '../support/capabilities.ts';
import { eventually } from '../support/child.ts';
import { spansOf } from '../support/otlp-proto.ts';
import { peers, startCollector } from '../support/peers.ts';
import { Random } from '../support/random.ts';
import { grpcCall } from './grpc-call.ts';
import { KeptRequests } from './kept-requests.ts';

let store: KeptRequests;
let receiver: Receiver;

const open = async (more: Partial<ReceiverOptions> = {}): Promise<Receiver> =>
  Receiver.open(store, { host: '127.0.0.1', grpcPort: 0, httpPort: 0, token: undefined, ...more });

beforeEach(async () => {
  store = new KeptRequests();
  receiver = await open();
});
afterEach(() => receiver.close());

const kept = () => store.requests.flatMap((request) => spansOf(request));
const signal = new AbortController().signal;

describe('spans', () => {
  const stock = {
    gRPC: () => new GrpcExporter({ url: receiver.endpoints.grpc }),
    'gRPC, packed': () => new GrpcExporter({ url: receiver.endpoints.grpc, compression: 'gzip' as never }),
    'HTTP and protobuf': () => new ProtoExporter({ url: `${receiver.endpoints.http}/v1/traces` }),
  };
  it.each(Object.entries(stock))('come from the SDK by %s', async (_, make) => {
    const exporter = make();
    const spans = makeSpans(700);
    const result = await new Promise<{ code: number }>((resolve) =>
      exporter.export(spans as unknown as SdkReadableSpan[], resolve),
    );
    expect(result.code).toBe(0);
    expect(kept().map(({ spanId }) => spanId)).toEqual(spans.map((span) => span.spanContext().spanId));
    await exporter.shutdown();
  });

  it.each(['identity', 'gzip'] as const)('come by HTTP and JSON, %s', async (encoding) => {
    const json = JsonTraceSerializer.serializeRequest(makeSpans(3) as never) as Uint8Array;
    const response = await post(await compress(json, encoding), {
      'content-type': 'application/json',
      ...(encoding !== 'identity' && { 'content-encoding': encoding }),
    });
    expect([response.status, await response.json()]).toEqual([200, {}]);
    expect(kept()).toHaveLength(3);
  });

  it.each(['grpc', 'http'] as const)(
    'come from our own exporter by %s, which hears what was refused',
    async (protocol) => {
      const transport = makeTransport(protocol, receiver.endpoints[protocol]);
      expect(await sendOne(transport)).toEqual(TAKEN);
      store.answer = async () => ({ stored: 0, rejected: 2, reason: 'ids of zeros' });
      expect(await sendOne(transport)).toEqual({ ok: true, rejectedItems: 2, message: 'ids of zeros' });
      store.answer = () => Promise.reject(new GoidspanError('store_full', 'the store is full'));
      expect(await sendOne(transport)).toMatchObject({
        ...failed('queue_full', true),
        failure: {},
        retryAfterMs: 1000,
      });
      store.answer = () => Promise.reject(new GoidspanError('cannot_write', 'no space left'));
      expect(await sendOne(transport)).toMatchObject({ ok: false, failure: { isRetryable: true } });
      transport.close();
      expect(receiver.counts).toEqual({ requests: 4, busy: 1, refused: 0, failed: 1 });
    },
  );

  it('that wait for the disk are bounded by bytes: who comes then is to try again', async () => {
    let go = (): void => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    store.answer = async () => gate.then(() => ({ stored: 1, rejected: 0 }));
    const transport = makeTransport('grpc', receiver.endpoints.grpc);
    const body = { bytes: Buffer.alloc(8 * 2 ** 20, 1), encoding: 'identity' } as const;
    const outcomes = Array.from({ length: 12 }, () => transport.send(body, 20_000, signal));
    await eventually('refusal of four', 10_000, () => (receiver.counts.busy === 4 ? true : undefined));
    go();
    const busy = (await Promise.all(outcomes)).filter(({ ok }) => !ok);
    expect(busy).toHaveLength(4);
    expect(busy[0]).toMatchObject({ retryAfterMs: 1_000 });
    transport.close();
  });
});

describeWith([peers], 'a collector of OpenTelemetry', () => {
  it('passes on what it gets, with its fields in the order that it likes', async () => {
    const collector = await startCollector({ forwardTo: receiver.endpoints.grpc });
    const transport = makeTransport('grpc', collector.otlpGrpc);
    expect(await transport.send(await makeBody(100), 5_000, signal)).toEqual(TAKEN);
    await eventually('hundred spans', 10_000, () => (kept().length === 100 ? true : undefined));
    transport.close();
    await collector.stop();
  });
});

describe('what is no export of spans', () => {
  const protobuf = { 'content-type': 'application/x-protobuf' };

  it.each([
    ['another path', '/v1/logs', {}, 404, 'only spans are taken'],
    ['another type', '/v1/traces', { 'content-type': 'text/plain' }, 415, 'content-type must be'],
    ['a type of JavaScript', '/v1/traces', { 'content-type': 'constructor' }, 415, 'content-type must be'],
    [
      'another packing',
      '/v1/traces',
      { ...protobuf, 'content-encoding': 'br' },
      415,
      'content-encoding must be',
    ],
    [
      'packing that is none',
      '/v1/traces',
      { ...protobuf, 'content-encoding': 'gzip' },
      400,
      'cannot be read',
    ],
    ['JSON that is none', '/v1/traces', { 'content-type': 'application/json' }, 400, 'cannot be read'],
    [
      'a page from elsewhere',
      '/v1/traces',
      { ...protobuf, origin: 'http://evil.example' },
      403,
      'loaded from elsewhere',
    ],
  ])('is refused: %s', async (_, path, headers, status, reason) => {
    const response = await post(Buffer.from('{"resourceSpans":'), headers, path);
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(reason);
    expect(store.requests).toEqual([]);
  });

  it('is refused if it is longer than 16 MiB, also when it is unpacked', async () => {
    const long = Buffer.alloc(17 * 2 ** 20);
    expect(
      (await post(await compress(long, 'gzip'), { ...protobuf, 'content-encoding': 'gzip' })).status,
    ).toBe(400);
    const transport = makeTransport('grpc', receiver.endpoints.grpc);
    const outcome = await transport.send({ bytes: long, encoding: 'identity' }, 10_000, signal);
    expect(outcome).toMatchObject({ ok: false });
    transport.close();
    expect(store.requests).toEqual([]);
  });

  it('is refused of a host that is made to mean this one', async () => {
    expect(await rawStatus('/v1/traces', 'evil.example:4318')).toBe(403);
    expect(await rawStatus('/v1/traces', 'localhost:4318')).toBe(200);
    expect(await rawStatus('/v1/traces', '[::1]:4318')).toBe(200);
    expect(await rawStatus('/v1/traces', '127.0.0.1.evil.example')).toBe(403);
  });

  it.each([
    ['/opentelemetry.proto.collector.metrics.v1.MetricsService/Export', 'application/grpc', '12'],
    ['/grpc.health.v1.Health/Check', 'application/grpc+proto', '12'],
    ['/opentelemetry.proto.collector.trace.v1.TraceService/Export', 'application/grpc', '3'],
  ])('is refused of a call of %s', async (path, type, status) => {
    expect(await grpcStatusOf({ ':path': path, 'content-type': type }, Buffer.from('nothing'))).toBe(status);
  });

  it('never ends it, whatever the bytes', async () => {
    const random = new Random(7);
    for (let round = 0; round < 150; round++) {
      const bytes = Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256)));
      await grpcStatusOf({ ':path': '/x', 'content-type': random.pick(['application/grpc', 'x']) }, bytes);
      const encoding = random.pick(['identity', 'gzip', 'zstd']);
      const type = random.pick(['application/x-protobuf', 'application/json']);
      await (await post(bytes, { 'content-type': type, 'content-encoding': encoding })).arrayBuffer();
      await sendRaw(receiver.endpoints[random.pick(['grpc', 'http'] as const)], bytes);
    }
    expect(await sendOne(makeTransport('http', receiver.endpoints.http))).toEqual(TAKEN);
    expect(await sendOne(makeTransport('grpc', receiver.endpoints.grpc))).toEqual(TAKEN);
  }, 60_000);
});

describe('with a token', () => {
  it('only who has it is heard, whatever host is named', async () => {
    await receiver.close();
    receiver = await open({ token: 'secret' });
    const withToken = { headers: { authorization: 'Bearer secret' } };
    for (const protocol of ['grpc', 'http'] as const) {
      const url = receiver.endpoints[protocol];
      expect(await sendOne(makeTransport(protocol, url, withToken))).toEqual(TAKEN);
      expect(await sendOne(makeTransport(protocol, url))).toMatchObject({
        ok: false,
        failure: { isRetryable: false },
      });
      const wrong = { headers: { authorization: 'Bearer secreT' } };
      expect(await sendOne(makeTransport(protocol, url, wrong))).toMatchObject({ ok: false });
    }
    expect(kept()).toHaveLength(2);
  });
});

describe('a port', () => {
  it('that is taken is named', async () => {
    const port = Number(new URL(receiver.endpoints.http).port);
    await expect(open({ httpPort: port })).rejects.toMatchObject({
      code: 'cannot_listen',
      message: `cannot listen at 127.0.0.1:${port}: EADDRINUSE (another process listens there: choose another port)`,
    });
  });

  it('is free again after closing, although a sender is connected', async () => {
    const transport = makeTransport('grpc', receiver.endpoints.grpc);
    await sendOne(transport);
    const grpcPort = Number(new URL(receiver.endpoints.grpc).port);
    await receiver.close();
    receiver = await open({ grpcPort });
    expect(await sendOne(transport)).toEqual(TAKEN);
    transport.close();
  });

  it('is closed although somebody neither sends what is expected nor leaves', async () => {
    const port = Number(new URL(receiver.endpoints.grpc).port);
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    // What a client of HTTP/2 begins with, and its settings.
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0');
    await new Promise((resolve) => socket.once('data', resolve));
    socket.on('error', () => {}).resume();
    await receiver.close();
    socket.destroy();
  }, 10_000);
});

function post(body: Uint8Array, headers: Record<string, string>, path = '/v1/traces'): Promise<Response> {
  return fetch(receiver.endpoints.http + path, { method: 'POST', body: Buffer.from(body), headers });
}

/** Status of an empty request to a host of that name. */
async function rawStatus(path: string, host: string): Promise<number> {
  const lines = [
    `POST ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Content-Type: application/x-protobuf',
    'Content-Length: 0',
  ];
  const answer = await sendRaw(
    receiver.endpoints.http,
    Buffer.from(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`),
  );
  return Number(/^HTTP\/1.1 (\d+)/.exec(answer)?.[1]);
}

/** What comes back until the other end closes, or for half a second. */
function sendRaw(url: string, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.end(bytes));
    socket.setTimeout(500, () => socket.destroy());
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}

const grpcStatusOf = async (headers: Record<string, string>, body: Uint8Array) =>
  (await grpcCall(receiver.endpoints.grpc, headers, body)).status;
