/** What spans tell of the connections that they were served or made their calls over. */
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { connectionOf } from '../support/connection-attributes.ts';
import { redis } from '../support/databases.ts';
import { buildGo, type GoBuild } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';
import { buildJoins, http2UrlOf, startJoins } from '../support/joins-server.ts';
import { NetworkNamespace, networkNamespaces } from '../support/network-namespace.ts';
import { StoresServer, storesBuilds } from '../support/stores-server.ts';
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

/** Bytes of commands as Redis wants them. */
const bytesOf = (...commands: readonly string[]): number =>
  commands
    .map((command) => command.split(' '))
    .flatMap((words) => [`*${words.length}`, ...words.flatMap((word) => [`$${word.length}`, word])])
    .reduce((sum, line) => sum + line.length + 2, 0);

/** A key of the requests, without its space. */
const keyOf = (id: string, n: number): string => `of=${id}_n=${n}`;
const setOf = (id: string): string => `set ${keyOf(id, 0)} secret ex 60`;
const answerOf = (...lines: readonly string[]): number =>
  lines.reduce((sum, line) => sum + line.length + 2, 0);
const wrongType = '-WRONGTYPE Operation against a key holding the wrong kind of value';

describeWith([kernel, go, redis], 'the connection of a call of go-redis', () => {
  describe.each(storesBuilds)('in $name', redisCalls);
});

function redisCalls(build: GoBuild): void {
  let server: StoresServer;
  beforeAll(async () => {
    server = await StoresServer.start(await buildGo(build), ['redis', 'cluster']);
    return async () => {
      expect((await server.stop()).lost).toMatchObject({ total: 0 });
    };
  }, timeout);

  const connectionsOf = async (route: string, id: string, count: number) => {
    await server.get(route, id);
    return (await server.calls(id, count)).calls.map(connectionOf);
  };

  it('is new, then kept; what is said as it is made is not of the call', { timeout }, async () => {
    const sent = bytesOf(setOf('first'));
    expect(await connectionsOf('/redis/set', 'first', 1)).toEqual([
      {
        state: 'new',
        connect_us: micros,
        rtt_us: micros,
        sent_bytes: sent,
        received_bytes: answerOf('+OK'),
      },
    ]);
    const kept = { state: 'reused', rtt_us: micros };
    expect(await connectionsOf('/redis/set', 'again', 1)).toEqual([
      { ...kept, sent_bytes: sent, received_bytes: answerOf('+OK') },
    ]);
    expect(await connectionsOf('/redis/nil', 'nothing', 1)).toEqual([
      { ...kept, sent_bytes: bytesOf(`get ${keyOf('nothing', 0)}`), received_bytes: answerOf('_') },
    ]);
    const refused = await connectionsOf('/redis/wrongtype', 'type', 2);
    expect(refused[1]).toMatchObject({ ...kept, received_bytes: answerOf(wrongType) });
  });

  it('is that of a pipeline, of a transaction and of a node, too', { timeout }, async () => {
    const [pipeline] = await connectionsOf('/redis/pipeline', 'pipe', 1);
    const incremented = [0, 1, 2, 3, 4].map((n) => `incr ${keyOf('pipe', n)}`);
    expect(pipeline).toMatchObject({
      state: expect.stringMatching(/new|reused/),
      rtt_us: micros,
      sent_bytes: bytesOf(...incremented),
      received_bytes: answerOf(...incremented.map(() => ':1')),
    });
    // On a connection that the program has kept for it.
    const watched = await connectionsOf('/redis/watch', 'watch', 3);
    for (const { sent_bytes, received_bytes } of watched)
      expect([Number(sent_bytes) > 16, Number(received_bytes) > 2]).toEqual([true, true]);
    // Each key is of one of the nodes; connections to these may be older than the trace.
    for (const [route, count] of [
      ['/cluster/get', 2],
      ['/cluster/tx', 1],
    ] as const) {
      const id = route.slice(9);
      const ofRoute: Record<string, unknown>[] = [];
      for (let n = 0; n < 10; n++) ofRoute.push(...(await connectionsOf(route, `${id}${n}`, count)));
      for (const connection of ofRoute) expect(connection).toMatchObject({ rtt_us: micros });
      const reused = ofRoute.filter(({ state }) => state === 'reused');
      expect([route, reused.length > 0]).toEqual([route, true]);
      for (const connection of reused) expect(connection).toMatchObject({ sent_bytes: expect.any(Number) });
    }
  });

  it.skipIf(build.go !== undefined)(
    'has none of those that it was kept for before, for many',
    { timeout },
    async () => {
      const [pipeline] = await connectionsOf('/redis/lent', 'lent', 1);
      const incremented = [0, 1, 2, 3, 4].map((n) => `incr ${keyOf('lent', n)}`);
      expect(pipeline).toMatchObject({ state: 'reused', sent_bytes: bytesOf(...incremented) });
    },
  );

  it('is none of a call that gets none', { timeout }, async () => {
    expect(await connectionsOf('/redis/down', 'down', 1)).toEqual([{}]);
    expect(await connectionsOf('/redis/pipelinedown', 'downs', 1)).toEqual([{}]);
  });

  it('has no bytes of others, however many wait for it', { timeout }, async () => {
    const ids = Array.from({ length: 400 }, (_, n) => `m${n + 100}`);
    await Promise.all(ids.map((id) => server.get('/redis/set', id)));
    const all = await Promise.all(ids.map(async (id) => connectionOf((await server.calls(id, 1)).calls[0])));
    // Of many connections some are forgotten, and then it is not known how many bytes there were.
    const known = all.filter((connection) => 'sent_bytes' in connection);
    expect(known.length).toBeGreaterThan(ids.length / 2);
    for (const connection of known) {
      expect(connection).toMatchObject({
        sent_bytes: bytesOf(setOf('m100')),
        received_bytes: answerOf('+OK'),
      });
    }
  });
}
