/** What is no Jaeger, or one that answers as it should not: each is an error that names it. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { JaegerClient } from '../../src/jaeger/jaeger-client.ts';
import { JaegerReader } from '../../src/jaeger/jaeger-reader.ts';
import { otlpParts } from '../../src/jaeger/otlp-parts.ts';
import { searchParams } from '../../src/jaeger/search-params.ts';
import { fuzz } from '../support/fuzz.ts';
import { spansOf } from '../support/otlp-proto.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(answer: RequestListener): Promise<string> {
  const listening = createServer(answer);
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}
const traceId = 'a'.repeat(32);
const range = { fromUs: 0, toUs: 1_796_082_475_200_090 };

describe('a Jaeger', () => {
  it.each<readonly [what: string, answer: RequestListener, message: RegExp]>([
    [
      'of before api/v3',
      (_, response) => response.setHeader('content-type', 'text/html').end('<html>'),
      /answers with a page in place of its API \(Jaeger 1\.76/,
    ],
    [
      'with an error',
      (_, response) => response.writeHead(500).end('{"error":{}}'),
      /answers 500: \{"error":\{\}\}/,
    ],
    ['without JSON', (_, response) => response.end('hello'), /answers what is no JSON: hello/],
    [
      'that sends elsewhere',
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:2/' }).end(),
      /redirect/,
    ],
    [
      'that breaks off',
      (_, response) =>
        void response.writeHead(200, { 'content-length': '9' }).write('{', () => response.destroy()),
      /cannot ask Jaeger/,
    ],
    ['that answers without end', (_, response) => endless(response), /longer than 64 MiB \(ask for less\)/],
  ])('%s is told by name', async (_, answer, message) => {
    const url = await serve(answer);
    await expect(JaegerReader.open(url)).rejects.toMatchObject({
      code: 'no_jaeger',
      message: expect.stringMatching(message),
    });
  });

  it.each(['null', '7', '[]', '{}', '{"services":7}', '{"result":{"resourceSpans":[7,{"scopeSpans":{}}]}}'])(
    'that answers %s has nothing, and breaks nothing',
    async (body) => {
      const reader = await JaegerReader.open(await serve((_, response) => response.end(body)));
      expect(await reader.services()).toEqual([]);
      expect(await reader.operations({ ...range, service: 'shop' })).toMatchObject({ named: [] });
      expect(await reader.trace(traceId)).toBeUndefined();
      expect((await reader.search({ ...range, limit: 5 })).hits).toEqual([]);
    },
  );

  it('is asked for a trace once, however many spans of it are wanted', async () => {
    let asked = 0;
    const url = await serve(({ url: path }, response) => {
      if (path?.includes('/traces/')) asked++;
      response.end('{}');
    });
    const reader = await JaegerReader.open(url);
    await Promise.all(Array.from({ length: 30 }, () => reader.span(traceId, 'b'.repeat(16))));
    expect(asked).toBe(1);
  });

  it('is asked four things at once, and no more wait than may', async () => {
    let [now, most] = [0, 0];
    const url = await serve((_, response) => {
      most = Math.max(most, ++now);
      setTimeout(() => {
        now--;
        response.end('{}');
      }, 5);
    });
    const client = new JaegerClient(`${url}/`);
    const answers = await Promise.allSettled(Array.from({ length: 70 }, () => client.ask('services')));
    expect(most).toBe(4);
    expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(2);
  });

  it('is asked for fewer traces where twenty are too long together', async () => {
    const asked: string[] = [];
    const url = await serve(({ url: path = '' }, response) => {
      const traces = new URL(path, 'http://x').searchParams.get('query.num_traces');
      if (traces !== null) asked.push(traces);
      if (traces === '20') endless(response);
      else response.end('{}');
    });
    await (await JaegerReader.open(url)).search({ ...range, limit: 5 });
    expect(asked).toEqual(['20', '5']);
  });
});

describe('what is asked of a Jaeger', () => {
  it('has times with microseconds that Go reads, and names with underscores', () => {
    expect(
      searchParams(
        {
          ...range,
          toUs: Number.MAX_SAFE_INTEGER,
          service: 'a&b',
          minNs: 5,
          isError: true,
          cause: 'mutex',
          limit: 9,
        },
        20,
      ),
    ).toEqual({
      'query.service_name': 'a&b',
      'query.start_time_min': '1970-01-01T00:00:00.000000Z',
      'query.start_time_max': '2255-06-05T23:47:34.740991Z',
      'query.duration_min': '5ns',
      'query.attributes': '{"error":"true","goidspan.verdict.cause":"mutex"}',
      'query.num_traces': '20',
      'query.search_depth': '20',
    });
  });
});

describe('traces in JSON', () => {
  const span = (name: string) => ({ traceId, spanId: 'b'.repeat(16), name });
  const request = (spans: readonly object[]) => ({
    resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ scope: { name: 's' }, spans }] }],
  });

  it('come in parts that a request may have, and a span that alone is longer is left out', () => {
    const long = 'x'.repeat(6 * 2 ** 20);
    const parts = otlpParts(request([span(long), span(long), span(long), span('short')]));
    expect(parts.flatMap((part) => spansOf(part)).map(({ name }) => String(name).length)).toEqual([
      long.length,
      long.length,
      long.length,
      5,
    ]);
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(16 * 2 ** 20);
    expect(otlpParts(request([span('x'.repeat(17 * 2 ** 20))]))).toEqual([]);
  });

  it('of any shape are read without an error', () => {
    const values = [null, 7, 'x', [], {}, [{}], request([{}]), request([span('a')]).resourceSpans];
    fuzz(500, (random) => {
      const told = request([{ ...span('a'), attributes: random.pick(values), kind: random.pick(values) }]);
      const broken = { ...told, [random.pick(['resourceSpans', 'x'])]: random.pick(values) };
      otlpParts(random.pick<unknown>([told, broken, { resourceSpans: [random.pick(values)] }]));
      return 'read';
    });
  });
});

/** More than anybody takes. */
function endless(response: Parameters<RequestListener>[1]): void {
  const chunk = Buffer.alloc(2 ** 20, 32);
  const write = (): void => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', write);
  };
  response.on('error', () => {});
  write();
}
