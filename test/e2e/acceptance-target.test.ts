import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith, go, go119 } from '../support/capabilities.ts';
import { buildGo } from '../support/go-build.ts';
import { GoServer } from '../support/go-server.ts';

const dir = 'test/fixtures/acceptance/server';

/** Every route as a test calls it, and the status that the server gives; 0: it hangs up. */
const routes: [path: string, status: number][] = [
  ['/leaf', 200],
  ['/get?id=a', 200],
  ['/nested?id=a&depth=50', 200],
  ['/fanout?id=a&n=100', 200],
  ['/request-context?id=a', 200],
  ['/outlive?id=a&delay=1', 200],
  ['/timer?id=a&delay=1', 200],
  ['/pool/channel?id=a', 200],
  ['/pool/buffer?id=a', 200],
  ['/pool/select?id=a', 200],
  ['/pool/cond?id=a', 200],
  ['/semaphore/send?id=a', 200],
  ['/semaphore/receive?id=a', 200],
  ['/semaphore/select?id=a', 200],
  ['/semaphore/baton?id=a', 200],
  ['/worker/start?id=a', 200],
  ['/worker/use?id=b', 200],
  ['/status?code=404&bytes=3', 404],
  ['/sleep?ms=1', 200],
  ['/wait?ms=1', 200],
  ['/stream?ms=20', 200],
  ['/panic', 0],
  ['/abort', 0],
  ['/goexit', 0],
  ['/hijack?id=a', 200],
  ['/post?id=a', 200],
  ['/roundtrip?id=a', 200],
  ['/call-status?id=a&code=503', 200],
  ['/refused?id=a', 200],
  ['/cancelled?id=a&ms=10', 200],
  ['/proxy-panic?id=a', 200],
  ['/redirect?id=a&hops=3', 200],
  ['/retry?id=a', 200],
  ['/h2?id=a&calls=2', 200],
  ['/forward?id=a', 200],
  ['/items/7', 200],
];

function answersItsRoutes(version?: string): void {
  let server: GoServer;

  beforeAll(async () => {
    server = await GoServer.start(
      await buildGo({
        dir,
        name: 'acceptance-server',
        ...(version === undefined ? {} : { go: version }),
      }),
    );
  });

  afterAll(async () => await server?.stop());

  it.each(routes)('answers %s with %i', async (path, status) => {
    const reply = await server.get(path);
    expect([reply.status, reply.body]).toEqual([status, status === 0 ? '' : expect.any(String)]);
  });

  it('takes a request with 2,000 headers', async () => {
    const headers = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`x-number-${i}`, 'value']));
    expect((await server.get('/leaf', { headers })).status).toBe(200);
  });

  it('serves on while 2,000 requests sleep', async () => {
    const replies = await Promise.all(Array.from({ length: 2_000 }, () => server.get('/sleep?ms=500')));
    expect(new Set(replies.map((reply) => reply.status))).toEqual(new Set([200]));
  });
}

// Nothing is traced here: what fails in these tests is wrong with the target, not with goidspan.
describeWith([go], 'the acceptance target, untraced', () => {
  describe('built with the installed Go', () => answersItsRoutes());
  describeWith([go119], 'built with Go 1.19', () => answersItsRoutes('1.19'));
});
