/** Whatever is asked in the place of a Jaeger: an answer with a status, counted, of bounded messages. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProtoWriter } from '../../src/otlp/proto-writer.ts';
import { hitsIn } from '../../src/store/hits-in.ts';
import { generated, traceIdOf } from '../page/support/large-trace.ts';
import { type ServedPage, servePage } from '../page/support/page-server.ts';
import { framed, grpcCall, openCall } from '../receiver/grpc-call.ts';
import { eventually } from '../support/child.ts';
import { spansOf } from '../support/otlp-proto.ts';
import { Random } from '../support/random.ts';

/** More than a message may have; and more than is on its way when it is not read. */
const LARGE = 20_000;
const UNREAD = 2_000;
const MESSAGE_BYTES_MAX = 4 * 2 ** 20;
const reader = ['GetTraces', 'FindTraces', 'FindTraceIDs', 'GetServices', 'GetOperations'].map(
  (name) => `/jaeger.storage.v2.TraceReader/${name}`,
);
const paths = [...reader, '/jaeger.storage.v2.DependencyReader/GetDependencies'];
const [getTraces = '', findTraces = '', findTraceIds = '', , getOperations = ''] = reader;

let served: ServedPage;
beforeAll(async () => {
  served = await servePage([generated(LARGE), generated(UNREAD)], {
    otlp: { grpcPort: 0, httpPort: 0, isJaegerStorage: true },
  });
});
afterAll(() => served.stop());

const url = (): string => served.backend.endpoints?.grpc ?? '';
const headersOf = (path: string) => ({ ':path': path, 'content-type': 'application/grpc' });
const call = (path: string, message: Uint8Array) => grpcCall(url(), headersOf(path), framed(message));
const counts = async (): Promise<Readonly<Record<string, number>>> =>
  (await served.backend.state()).jaeger?.calls ?? {};

const openUnread = () =>
  openCall(url(), headersOf(getTraces), framed(byId(traceIdOf(UNREAD))), { isUnread: true });

/** A message of fields that are messages or texts themselves. */
function message(...fields: readonly (readonly [number, Uint8Array | string | number])[]): Uint8Array {
  const writer = new ProtoWriter();
  for (const [field, value] of fields) {
    if (typeof value === 'string') writer.string(field, value);
    else if (typeof value === 'number') writer.int(field, value);
    else writer.bytes(field, value);
  }
  return writer.copyFrom(0);
}
const attribute = (key: string, value: string) => message([1, key], [2, message([1, value])]);
const byId = (id: string) => message([1, message([1, Buffer.from(id, 'hex')])]);

describe('a call', () => {
  it('of a trace that nobody knows has no messages; of one beyond 4 MiB it has some, each with spans', async () => {
    expect(await call(getTraces, byId('9'.repeat(32)))).toEqual({ status: '0', messages: [] });
    const { status, messages } = await call(getTraces, byId(traceIdOf(LARGE)));
    expect(status).toBe('0');
    expect(messages.length).toBeGreaterThan(1);
    expect(Math.max(...messages.map(({ length }) => length))).toBeLessThanOrEqual(MESSAGE_BYTES_MAX);
    const spans = messages.map((part) => hitsIn(part, 0).of);
    expect(Math.min(...spans)).toBeGreaterThan(0);
    expect(spans.reduce((sum, of) => sum + of)).toBe(LARGE);
  });

  it.each([
    ['no protobuf', getTraces, Buffer.from([0xff])],
    ['a length beyond its end', findTraces, Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])],
    ['a trace id of three bytes', getTraces, byId('010203')],
    ['a thousand traces and more', getTraces, Buffer.concat(Array(1501).fill(byId('1'.repeat(32))))],
    [
      '17 attributes',
      findTraces,
      message([1, message(...Array.from({ length: 17 }, (_, n) => [3, attribute(`k${n}`, '')] as const))]),
    ],
    ['an error that is neither', findTraceIds, message([1, message([3, attribute('error', 'perhaps')])])],
    ['a kind that is none', getOperations, message([1, 'crawler'], [2, 'constructor'])],
  ])('with %s is refused', async (_, path, body) => {
    const before = (await counts())['refused'] ?? 0;
    expect(await call(path, body)).toEqual({ status: '3', messages: [] });
    expect((await counts())['refused']).toBe(before + 1);
  });

  it.each([
    ['times that begin after their end', [4, message([1, 20])], [5, message([1, 10])]],
    ['times before any clock', [4, message([1, -62_135_596_800])], [5, message([1, -5])]],
    ['a depth below zero', [8, -1], [2, 'GET /nowhere']],
    ['the longest times', [6, message([1, 2 ** 53])], [7, message([1, 2 ** 53])]],
  ] as const)('with %s is answered', async (_, one, other) => {
    const { status } = await call(findTraceIds, message([1, message(one, other)]));
    expect(status).toBe('0');
  });

  it('of bytes at random has a status', async () => {
    const random = new Random(21);
    const seen = new Set<string | undefined>();
    for (let round = 0; round < 120; round++) {
      const bytes = Buffer.from(Array.from({ length: random.below(60) }, () => random.below(256)));
      const body = random.below(4) === 0 ? bytes : framed(bytes);
      seen.add((await grpcCall(url(), headersOf(random.pick(paths)), body)).status);
    }
    expect([...seen].sort()).toEqual(['0', '3']);
  });

  it('that is not read holds no more than its place; who comes meanwhile is told so', async () => {
    const open = Array.from({ length: 8 }, openUnread);
    await eventually('eight calls under way', 10_000, async () => {
      const { status } = await call(findTraceIds, message());
      return status === '8' ? true : undefined;
    });
    expect((await counts())['busy']).toBeGreaterThan(0);
    for (const { cancel } of open) cancel();
    await eventually('a place that is free again', 10_000, async () => {
      const { status } = await call(findTraceIds, message());
      return status === '0' ? true : undefined;
    });
  });

  it('for a span that alone is longer than a message may be leaves it out, and counts it', async () => {
    const [whole] = generated(1).resourceSpans;
    const [scoped] = whole?.scopeSpans ?? [];
    const [span] = scoped?.spans ?? [];
    if (!whole || !scoped || !span) throw new Error('nothing was generated');
    const attributes = [{ key: 'long', value: { stringValue: 'x'.repeat(5 * 2 ** 20) } }];
    const traceId = 'c'.repeat(32);
    const spans = [
      { ...span, traceId, attributes },
      { ...span, traceId, spanId: 'd'.repeat(16) },
    ];
    await served.append([{ resourceSpans: [{ ...whole, scopeSpans: [{ ...scoped, spans }] }] }]);
    const { status, messages } = await call(getTraces, byId(traceId));
    expect(status).toBe('0');
    expect(messages.flatMap((part) => spansOf(part)).map(({ spanId }) => spanId)).toEqual(['d'.repeat(16)]);
    expect((await counts())['tooLong']).toBe(1);
  });
});

it('is no matter of a receiver that is not asked to be one', async () => {
  const plain = await servePage([], { otlp: { grpcPort: 0, httpPort: 0 } });
  const answer = await grpcCall(plain.backend.endpoints?.grpc ?? '', headersOf(getTraces), framed(message()));
  expect(answer.status).toBe('12');
  await plain.stop();
});
