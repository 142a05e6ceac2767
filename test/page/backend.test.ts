/** What is behind the page, as whoever may and may not look at it meets it. */
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SpanHit } from '../../src/page-api/answers.ts';
import { makeTransport, sendOne, TAKEN } from '../otlp-client/transport.ts';
import { eventually } from '../support/child.ts';
import { fuzz } from '../support/fuzz.ts';
import { type ServedPage, servePage } from './support/page-server.ts';
import { sample } from './support/sample.ts';

const told = sample(2);
let served: ServedPage;

beforeAll(async () => {
  served = await servePage(told.requests, { otlp: { grpcPort: 0, httpPort: 0 } });
});
afterAll(() => served.stop());

const get = (path: string, init?: RequestInit): Promise<Response> => fetch(served.url + path, init);

interface Raw {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** As no browser and no `fetch` would ask. */
function raw(path: string, { method = 'GET', headers = {} }: Raw = {}, url = served.url) {
  return new Promise<{ status: number; body: string; headers: NodeJS.Dict<string | string[]> }>(
    (resolve, reject) => {
      const { hostname, port } = new URL(url);
      request({ hostname, port, path, method, headers }, (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body, headers: response.headers }),
        );
      })
        .on('error', reject)
        .end();
    },
  );
}

describe('an answer', () => {
  it.each([
    ['api/services', 200, /"shop"/],
    [`api/operations?from=0`, 200, /"operations":\[\{/],
    [`api/scatter?${told.operation}`, 200, /"of":\d\d/],
    [`api/compare?${told.operation}&min=1000`, 200, /"differences":\[/],
    ['api/search?service=shop&limit=1', 200, /"hits":\[\{[^}]*\}\]/],
    ['api/search?attribute=http.route=nowhere', 200, /"hits":\[\]/],
    [`api/trace/${told.checkout.traceId}`, 200, /"texts":\[/],
    [`api/span/${told.checkout.traceId}/${told.checkout.spanId}`, 200, /"rank":/],
    ['api/state', 200, /"maxBytes":1073741824/],
    ['api/operations?from=soon', 400, /from=soon is not a whole number/],
    ['api/operations?from=2&to=1', 400, /from must be before to/],
    ['api/scatter?service=shop', 400, /name is missing/],
    ['api/search?error=perhaps', 400, /error=perhaps is neither true nor false/],
    ['api/search?attribute=odd', 400, /attribute=odd is not key=value/],
    ['api/search?kind=6', 400, /kind=6 is no kind of span/],
    ['api/trace/zz', 400, /zz is no trace id/],
    ['api/trace/0123456789abcdef0123456789abcdef', 404, /is not here: it was not kept/],
    [`api/span/${told.checkout.traceId}/0123456789abcdef`, 404, /is not here/],
    ['api/nothing', 404, /there is no such page/],
    ['api/constructor', 404, /there is no such page/],
    ['package.json', 404, /there is no such page/],
  ])('to %s has status %i and says what is so', async (path, status, says) => {
    const response = await get(path);
    expect(response.status).toBe(status);
    expect(await response.text()).toMatch(says);
    expect(response.headers.get('content-security-policy')).toContain("require-trusted-types-for 'script'");
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each(['/../package.json', '/%2e%2e/package.json', '/..%2fpackage.json', '//etc/passwd', '/\0', 'x'])(
    'to %j shows no file of the disk',
    async (path) => {
      const answer = await raw(path).catch(() => ({ status: 400, body: '' }));
      expect([400, 404]).toContain(answer.status);
      expect(answer.body).not.toContain('root:');
      expect(answer.body).not.toContain('"version"');
    },
  );

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])(
    'to %s says that there is nothing to change',
    async (method) => {
      expect((await raw('/api/state', { method })).status).toBe(405);
    },
  );

  it('comes whatever is asked', async () => {
    const parts = [
      'api/',
      'trace/',
      'span/',
      '?',
      '&',
      '=',
      'from',
      'to',
      'name',
      '%',
      '%00',
      '..',
      '/',
      '#',
      'é',
      '9'.repeat(20),
    ];
    const paths: string[] = [];
    fuzz(300, (random) => {
      paths.push(encodeURI(`/${Array.from({ length: random.below(8) }, () => random.pick(parts)).join('')}`));
      return 'asked';
    });
    for (const path of paths) expect((await raw(path)).status, path).toBeLessThan(500);
  });
});

describe('who may not look', () => {
  it.each([
    ['a host that is made to mean this one', { host: 'evil.example:7777' }],
    ['a page from elsewhere', { origin: 'http://evil.example' }],
    ['a page from nowhere', { origin: 'null' }],
  ])('gets nothing: %s', async (_, headers) => {
    for (const path of ['/', '/api/state', '/api/live']) {
      const { status, body } = await raw(path, { headers });
      expect(status).toBe(403);
      expect(body).not.toContain('shop');
    }
  });

  it('gets nothing without the token, and with it by header, by cookie and once by the URL', async () => {
    const guarded = await servePage(told.requests.slice(0, 1), { token: 'to ken=1' });
    const ask = (path: string, headers = {}) =>
      raw(path, { headers: { host: 'elsewhere.example', ...headers } }, guarded.url);
    expect((await ask('/api/state')).status).toBe(401);
    expect((await ask('/api/state?token=wrong')).status).toBe(401);
    // Its frame has no cookie to show, and it is the same everywhere.
    expect((await ask('/speedscope/')).status).toBe(200);
    const first = await ask(`/?token=${encodeURIComponent('to ken=1')}&x=1`);
    expect([first.status, first.headers['location']]).toEqual([303, '/?x=1']);
    const [cookie = ''] = first.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict$/);
    expect((await ask('/api/state', { cookie: cookie.split(';')[0] })).status).toBe(200);
    expect((await ask('/api/state', { cookie: 'goidspan=%' })).status).toBe(401);
    await guarded.stop();
  });
});

describe('spans that come by OTLP', () => {
  it('are found at once, and seen by who looks at the live tail', async () => {
    const live = await get('api/live');
    const seen: SpanHit[] = [];
    void (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of live.body ?? []) {
        const [, json] = /^event: spans\ndata: (.*)$/m.exec(decoder.decode(chunk)) ?? [];
        if (json) seen.push(...(JSON.parse(json) as SpanHit[]));
      }
    })().catch(() => {});
    const transport = makeTransport('grpc', served.backend.endpoints?.grpc ?? '');
    expect(await sendOne(transport)).toEqual(TAKEN);
    transport.close();
    const [hit] = await eventually('span in the live tail', 5_000, () =>
      seen.length > 0 ? seen : undefined,
    );
    const found = await get(`api/span/${hit?.traceId}/${hit?.spanId}`);
    expect(await found.json()).toMatchObject({ name: hit?.name, durationNs: hit?.durationNs });
  });

  it('are kept by a port, from any thread', async () => {
    const before = (await served.backend.state()).spans;
    const { PortTransport } = await import('../../src/otlp-client/port-transport.ts');
    const transport = new PortTransport({ port: served.backend.openPort() });
    expect(await sendOne(transport)).toEqual(TAKEN);
    expect((await served.backend.state()).spans).toBe(before + 1);
    transport.close();
    expect(await sendOne(transport)).toMatchObject({ ok: false, failure: { reason: 'thread_ended' } });
  });
});

describe('a port that is taken', () => {
  it('is passed over where others may be taken, and named where none may', async () => {
    const taken = Number(new URL(served.url).port);
    const other = await servePage([], { ports: [taken, 0] });
    expect(other.url).not.toBe(served.url);
    await other.stop();
    await expect(servePage([], { ports: [taken] })).rejects.toMatchObject({ code: 'cannot_listen' });
  });
});
