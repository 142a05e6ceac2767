/** What both transports do over TLS. */
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { OtlpOptions } from '../../src/otlp-client/options.ts';
import { otlpSettingsOf } from '../../src/otlp-client/settings.ts';
import { describeWith } from '../support/capabilities.ts';
import { Authority, type Certificate, openssl } from '../support/certificates.ts';
import { ScriptedSink, type SinkOptions } from '../support/scripted-sink.ts';
import { failed, makeTransport, type Protocol, sendOne, TAKEN } from './transport.ts';

describeWith([openssl], 'TLS', () => {
  let authority: Authority;
  let other: Authority;
  let server: Certificate;
  let client: Certificate;
  let stranger: Certificate;
  let folder: string;
  const closing: (() => unknown)[] = [];

  beforeAll(async () => {
    authority = new Authority('our-authority');
    other = new Authority('other-authority');
    server = authority.sign('server', ['DNS:localhost', 'IP:127.0.0.1']);
    client = authority.sign('client', []);
    stranger = other.sign('stranger', ['DNS:elsewhere.example']);
    folder = await mkdtemp(join(tmpdir(), 'goidspan-'));
  });
  afterAll(async () => {
    authority.close();
    other.close();
    await rm(folder, { recursive: true });
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  async function startSink(protocol: Protocol, tls: SinkOptions['tls'] & {}): Promise<ScriptedSink> {
    const sink = await ScriptedSink.start({ protocol, tls });
    closing.push(() => sink.close());
    return sink;
  }

  function send(protocol: Protocol, url: string, options: OtlpOptions) {
    const transport = makeTransport(protocol, url, options);
    closing.push(() => transport.close());
    return sendOne(transport);
  }

  const both = ['grpc', 'http'] as const;

  it.each(both)('works over %s when the authority is trusted, by name and by address', async (protocol) => {
    const sink = await startSink(protocol, server);
    const certificate = authority.cert;
    expect(await send(protocol, sink.url, { certificate })).toEqual(TAKEN);
    expect(await send(protocol, `https://127.0.0.1:${sink.port}`, { certificate })).toEqual(TAKEN);
    expect(sink.acceptedSpans).toBe(2);
  });

  it.each(both)('is refused over %s when it is not trusted', async (protocol) => {
    const sink = await startSink(protocol, server);
    const untrusted = failed('tls', false, expect.stringContaining('unable to verify'));
    expect(await send(protocol, sink.url, {})).toMatchObject(untrusted);
    expect(await send(protocol, sink.url, { certificate: other.cert })).toMatchObject(untrusted);
    expect(sink.requests).toEqual([]);
  });

  it.each(both)('is refused over %s when the certificate is for another name', async (protocol) => {
    const sink = await startSink(protocol, stranger);
    expect(await send(protocol, sink.url, { certificate: other.cert })).toMatchObject(
      failed('tls', false, expect.stringContaining('altnames')),
    );
    expect(sink.requests).toEqual([]);
  });

  it.each(both)('shows a client certificate over %s to a server that wants one', async (protocol) => {
    const sink = await startSink(protocol, { ...server, clientCa: authority.cert });
    const certificate = authority.cert;
    const known = { certificate, clientKey: client.key, clientCertificate: client.cert };
    expect(await send(protocol, sink.url, known)).toEqual(TAKEN);
    const unknown = { certificate, clientKey: stranger.key, clientCertificate: stranger.cert };
    // The alert of TLS 1.3 comes after the handshake and may lose the race against the end of the connection.
    const refusal = { ok: false, failure: { reason: expect.stringMatching(/^(tls|unreachable)$/) } };
    expect(await send(protocol, sink.url, unknown)).toMatchObject(refusal);
    expect(await send(protocol, sink.url, { certificate })).toMatchObject(refusal);
    expect(sink.acceptedSpans).toBe(1);
  });

  it('reads its files from the paths that the environment names', async () => {
    const sink = await startSink('grpc', { ...server, clientCa: authority.cert });
    const files = { ca: authority.cert, key: client.key, cert: client.cert };
    for (const [name, pem] of Object.entries(files)) writeFileSync(join(folder, name), pem);
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      OTEL_EXPORTER_OTLP_CERTIFICATE: join(folder, 'ca'),
      OTEL_EXPORTER_OTLP_CLIENT_KEY: join(folder, 'key'),
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: join(folder, 'cert'),
    };
    expect(otlpSettingsOf(env, () => {}).tls).toEqual(files);
  });

  it('does not begin with a key that belongs to another certificate', () => {
    const options = { url: 'https://a:1', clientKey: stranger.key, clientCertificate: client.cert };
    expect(() => otlpSettingsOf({}, () => {}, 'traces', options)).toThrow(
      /^cannot use the PEM file: .*mismatch \(check clientKey\)$/,
    );
  });
});
