/** What spans tell of the connections that they were served or made their calls over. */
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { connectionOf } from '../support/connection-attributes.ts';
import { GoServer } from '../support/go-server.ts';
import { buildJoins, http2UrlOf, startJoins } from '../support/joins-server.ts';
import { NetworkNamespace, networkNamespaces } from '../support/network-namespace.ts';
import { TracedServer } from '../support/traced-server.ts';

const timeout = 120_000;

const callOf = (id: string, to: string, by = 'plain'): string =>
  `/call?${new URLSearchParams({ id, to: `${to}/leaf?of=${id}`, by })}`;

/** What the call of a request and the answer to it tell. */
async function endsOf(traced: TracedServer, id: string, to: string, answers = 1, by = 'plain') {
  await traced.server.get(callOf(id, to, by));
  const { calls, leaves } = await traced.request(id, 1, answers);
  return { call: connectionOf(calls[0]), leaf: connectionOf(leaves[0]) };
}

const micros = expect.toSatisfy((value) => Number.isInteger(value) && value >= 0 && value < 10_000_000);

describeWith([kernel, go], 'the connection of a call and of the request that it makes', () => {
  it.each(['1.19', '1.21.13', undefined, '1.27.4'])(
    'is new, then kept: Go %s',
    { timeout },
    async (release) => {
      const traced = await startJoins(release);
      const { server } = traced;
      const first = await endsOf(traced, 'first', server.url);
      const again = await endsOf(traced, 'again', server.url);
      expect(first.call).toEqual({
        state: 'new',
        connect_us: micros,
        rtt_us: micros,
        sent_bytes: expect.any(Number),
        received_bytes: expect.any(Number),
      });
      expect(first.leaf).toEqual({ state: 'new', rtt_us: micros, received_bytes: first.call['sent_bytes'] });
      expect(again.call).toMatchObject({ state: 'reused', received_bytes: first.call['received_bytes'] });
      // The path is the same but for the id, which is as long.
      expect(again.call['sent_bytes']).toBe(first.call['sent_bytes']);
      expect(again.leaf).toMatchObject({ state: 'reused', received_bytes: again.call['sent_bytes'] });
      expect('connect_us' in again.call).toBe(false);
      expect((await traced.stop()).lost).toMatchObject({ total: 0 });
    },
  );

  it('tells what TLS has taken, and to find the address of a name', { timeout }, async () => {
    const traced = await startJoins();
    const { server } = traced;
    const port = new URL(server.tlsUrl ?? '').port;
    const first = await endsOf(traced, 'first', `https://localhost:${port}`);
    const again = await endsOf(traced, 'again', `https://localhost:${port}`);
    expect(first.call).toMatchObject({ state: 'new', dns_us: micros, connect_us: micros, tls_us: micros });
    expect(first.call['tls_us']).toBeGreaterThan(100);
    expect(first.leaf).toMatchObject({ state: 'new', tls_us: micros });
    expect(Object.keys(again.call).sort()).toEqual(['received_bytes', 'rtt_us', 'sent_bytes', 'state']);
    // Records of TLS are larger than what is in them.
    expect(again.call['sent_bytes']).toBe(again.leaf['received_bytes']);
    await traced.stop();
  });

  it('is shared by the streams of HTTP/2, so that nobody knows whose its bytes are', {
    timeout,
  }, async () => {
    const traced = await startJoins();
    const url = http2UrlOf(traced.server);
    const first = await endsOf(traced, 'first', url, 1, 'http2');
    const again = await endsOf(traced, 'again', url, 1, 'http2');
    expect(first.call).toEqual({
      state: 'new',
      connect_us: micros,
      tls_us: micros,
      rtt_us: micros,
    });
    expect(first.leaf).toEqual({ state: 'new', tls_us: micros, rtt_us: micros });
    const kept = { state: 'reused', rtt_us: micros };
    expect([again.call, again.leaf]).toEqual([kept, kept]);
    await traced.stop();
  });

  it('is not said to be new if it was there before', { timeout }, async () => {
    const server = await GoServer.start(await buildJoins());
    onTestFinished(() => server.stop());
    await server.get(callOf('untraced', server.url));
    const traced = await TracedServer.of(server);
    const first = await endsOf(traced, 'first', server.url);
    const again = await endsOf(traced, 'again', server.url);
    expect(first.call).toMatchObject({ rtt_us: micros, sent_bytes: expect.any(Number) });
    expect(['state' in first.call, 'state' in first.leaf]).toEqual([false, false]);
    expect([again.call['state'], again.leaf['state']]).toEqual(['reused', 'reused']);
    await traced.stop();
  });
});

describeWith([kernel, go, networkNamespaces], 'the connection to another host', () => {
  let binary: string;
  beforeAll(async () => {
    binary = await buildJoins();
  });

  it('tells what had to be sent again', { timeout }, async () => {
    const traced = await startJoins();
    const namespace = new NetworkNamespace(3);
    const other = await GoServer.of(namespace.start(binary, { ADDRESS: `${namespace.address}:8080` }));
    onTestFinished(() => other.stop());
    const first = await endsOf(traced, 'first', other.url, 0);
    expect(first.call['retransmits']).toBeUndefined();
    // What is sent while the other end is down is sent again when TCP has waited long enough for an answer.
    namespace.setLink('down');
    const answered = endsOf(traced, 'again', other.url, 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    namespace.setLink('up');
    const { call } = await answered;
    expect(call).toMatchObject({ state: 'reused', retransmits: expect.any(Number) });
    expect(call['retransmits']).toBeGreaterThan(0);
    await traced.stop();
  });
});
