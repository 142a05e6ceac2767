/** What both transports do with compressed requests and over Unix sockets. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { compress, decompress, hasZstd } from '../../src/otlp-client/compress.ts';
import { frame, ScriptedSink } from '../support/scripted-sink.ts';
import { makeBody, makeTransport, type Protocol, sendOne, TAKEN } from './transport.ts';

const both = ['grpc', 'http'] as const;
const encodings = ['gzip', ...(hasZstd ? (['zstd'] as const) : [])] as const;

async function withSink(
  protocol: Protocol,
  socketPath: string | undefined,
  use: (sink: ScriptedSink) => Promise<void>,
): Promise<void> {
  const sink = await ScriptedSink.start({ protocol, ...(socketPath !== undefined && { socketPath }) });
  try {
    await use(sink);
  } finally {
    await sink.close();
  }
}

it.each(both.flatMap((protocol) => encodings.map((encoding) => [encoding, protocol] as const)))(
  'a request may be compressed with %s over %s',
  async (encoding, protocol) => {
    await withSink(protocol, undefined, async (sink) => {
      const transport = makeTransport(protocol, sink.url);
      const body = await makeBody(100, encoding);
      expect(await transport.send(body, 5_000, new AbortController().signal)).toEqual(TAKEN);
      expect(sink.acceptedSpans).toBe(100);
      expect(sink.requests[0]?.encoding).toBe(encoding);
      transport.close();
    });
  },
);

it.each(both)('a Unix socket will do over %s', async (protocol) => {
  const folder = await mkdtemp(join(tmpdir(), 'goidspan-'));
  await withSink(protocol, join(folder, 'a socket'), async (sink) => {
    const transport = makeTransport(protocol, sink.url);
    expect(await sendOne(transport)).toEqual(TAKEN);
    expect(await sendOne(transport)).toEqual(TAKEN);
    expect(sink.connections).toBe(1);
    if (protocol === 'http') expect(sink.requests[0]?.path).toBe('/v1/traces');
    transport.close();
  });
  await rm(folder, { recursive: true });
});

it('an answer of gRPC may be compressed', async () => {
  // partial_success { rejected_spans: 1 }
  const compressed = frame(gzipSync(Buffer.from([0x0a, 2, 0x08, 1])));
  compressed.writeUInt8(1);
  const sink = await ScriptedSink.start({
    protocol: 'grpc',
    script: () => ({ bytes: compressed, headers: { 'grpc-encoding': 'gzip' } }),
  });
  const transport = makeTransport('grpc', sink.url);
  expect(await sendOne(transport)).toEqual({ ok: true, rejectedItems: 1, message: '' });
  transport.close();
  await sink.close();
});

it.each(['identity', ...encodings] as const)('bytes survive %s', async (encoding) => {
  const bytes = Buffer.from('a span '.repeat(1_000));
  const packed = await compress(bytes, encoding);
  if (encoding === 'identity') expect(packed).toBe(bytes);
  else expect(packed.length).toBeLessThan(200);
  expect(Buffer.from(await decompress(packed, encoding, bytes.length))).toEqual(bytes);
});

it.each(['identity', ...encodings] as const)('nothing of %s grows beyond its bound', async (encoding) => {
  const packed = await compress(Buffer.alloc(100_000), encoding);
  await expect(decompress(packed, encoding, 99_999)).rejects.toThrow();
});

it.each(encodings)('what is not %s is an error', async (encoding) => {
  await expect(decompress(Buffer.from('hello'), encoding, 1_000)).rejects.toThrow();
});

it.skipIf(hasZstd)('zstd is an error where Node has none', async () => {
  await expect(compress(Buffer.from('hello'), 'zstd')).rejects.toThrow('this Node has no zstd');
});
